// The connection is cut in mid-answer, and the page is closed in mid-answer: the answer goes on where it was, or says that it
// was cut.
//   node resume.mjs CLIENTS_DIR CHROMIUM BASE_URL EXPECTED

import assert from "node:assert/strict";
import { DESKTOP, accessible, answer, answered, ask, connected, kept, lastKept, more, oneRow, open, picture, script, step, until } from "./browser.mjs";
import { throughWires } from "./wires.mjs";

const [expected] = more;

await script(async () => {
  const page = await open("light", DESKTOP, { forgiving: true });
  const wires = await throughWires(page);
  await page.reload();
  await connected(page);

  step("a connection that is cut again and again loses nothing and doubles nothing");
  for (const events of [5, 17, 1, 60]) {
    wires.cutAfter = events;
    const cuts = wires.cuts;
    if (cuts === 0) await ask(page, "go on");
    await until(page, "cut", () => wires.cuts > cuts);
  }
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  assert.equal(wires.cuts, 4);
  assert.match(await answer(page, 0).locator(".meta").textContent(), /resumed after a lost connection/);
  await accessible(page, "a resumed answer");

  step("while there is no connection the page says so");
  wires.held = true;
  wires.cutAfter = 30;
  await ask(page, "again");
  await answer(page, 1).locator(".meta", { hasText: "Connection lost: waiting to go on" }).waitFor();
  await page.locator("#state", { hasText: "Disconnected" }).waitFor();
  await oneRow(page, "on a desktop, disconnected");
  await accessible(page, "a lost connection");
  await picture(page, "lost-light");
  wires.held = false;
  await answered(page, 1);
  assert.equal(await lastKept(page), expected);

  step("an answer goes on after a reload of the page");
  wires.deafAfter = 12;
  await ask(page, "and again");
  await until(page, "kept while it grows", async () => (await kept(page)).some(({ status, text }) => status === "streaming" && text));
  wires.deafAfter = Infinity;
  await page.reload();
  await answered(page, 2);
  assert.equal(await lastKept(page), expected);

  step("what the server does not have any more is cut, and can be asked for again");
  wires.held = true;
  wires.cutAfter = 30;
  await ask(page, "once more");
  await answer(page, 3).locator(".meta", { hasText: "Connection lost" }).waitFor();
  wires.forgetful = true;
  wires.held = false;
  await page.locator("[role=alert]", { hasText: "could not be resumed" }).waitFor();
  await answer(page, 3).locator(".meta", { hasText: "cut off" }).waitFor();
  assert.doesNotMatch(await answer(page, 3).locator(".meta").textContent(), /resumed/);
  await accessible(page, "a cut answer");
  await picture(page, "cut-light");
  wires.forgetful = false;
  await answer(page, 3).locator("[data-do=regenerate]").click();
  await page.locator(".place", { hasText: "2 / 2" }).waitFor();
  await answered(page, 3);
  assert.equal(await lastKept(page), expected);

  step("a hole is filled, and one that can't be is told of");
  await page.locator("#new-chat").click();
  wires.drop = 1;
  await ask(page, "with a hole");
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  wires.drop = Infinity;
  await ask(page, "with one that stays");
  await page.locator("[role=alert]", { hasText: "part of this answer was lost" }).waitFor();
  assert.equal(await page.locator("#prompt").inputValue(), "with one that stays");
  wires.drop = 0;
});
