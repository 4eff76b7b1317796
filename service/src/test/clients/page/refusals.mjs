// Attempts to go on that are refused for now are made again; those that can't succeed end the answer, and its text stays.
//   node refusals.mjs CLIENTS_DIR CHROMIUM BASE_URL EXPECTED

import assert from "node:assert/strict";
import { DESKTOP, PHONE, accessible, answer, answered, ask, connected, kept, lastKept, more, noSideways, open, picture, script, step, until } from "./browser.mjs";
import { throughWires } from "./wires.mjs";

const [expected] = more;

const LEAVING = { status: 503, code: "service_unavailable", message: "the server is shutting down" };
const CROWD = { status: 429, code: "too_many_readers", message: "this answer has 16 readers", headers: { "retry-after": "2" } };
const ELSEWHERE = { status: 421, code: "response_elsewhere", message: "'resp_1' is of the server ab12" };
const EXPIRED = { status: 410, code: "events_expired", message: "what comes after 5 is not kept any more" };

await script(async () => {
  const page = await open("light", DESKTOP, { forgiving: true });
  const wires = await throughWires(page);
  await page.reload();
  await connected(page);
  const meta = (turn) => answer(page, turn).locator(".meta");
  /** Asks, and is cut off in mid-answer; the attempts to go on then meet these. */
  async function cutOff(text, turn, ...refusals) {
    wires.refusals = refusals;
    wires.resumes = [];
    wires.cutAfter = 30;
    await ask(page, text);
    await meta(turn).filter({ hasText: "trying again in" }).waitFor();
  }

  step("a server that does not go on yet is asked again, after the same event");
  await cutOff("busy", 0, LEAVING, CROWD, LEAVING);
  await meta(0).filter({ hasText: "The server does not go on yet (the server is shutting down): trying again in 1 s" }).waitFor();
  await accessible(page, "an answer that waits");
  await picture(page, "refused-light");
  await meta(0).filter({ hasText: "(this answer has 16 readers): trying again in 2 s" }).waitFor();
  await meta(0).filter({ hasText: /shutting down\): trying again in [34] s/ }).waitFor(); // Longer than before.
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  assert.equal(wires.resumes.length, 4);
  assert.equal(new Set(wires.resumes).size, 1);
  assert.equal(wires.connections, 2);
  assert.match(await meta(0).textContent(), /resumed after a lost connection/);

  step("another server's answer is looked for on new connections");
  await cutOff("elsewhere", 1, ELSEWHERE, ELSEWHERE);
  await meta(1).filter({ hasText: "Another server has this answer" }).waitFor();
  await answered(page, 1);
  assert.equal(await lastKept(page), expected);
  assert.equal(wires.connections, 5);

  step("what is not kept any more ends the answer, and its text stays");
  wires.refusals = [EXPIRED];
  wires.cutAfter = 30;
  await ask(page, "expired");
  await page.locator("[role=alert]", { hasText: "could not be resumed: what comes after 5 is not kept any more" }).waitFor();
  await meta(2).filter({ hasText: "cut off" }).waitFor();
  const text = await lastKept(page);
  assert.ok(text.length > 0 && expected.startsWith(text));

  step("who does not want to wait stops, and what there is stays");
  await cutOff("stopped", 3, ...Array(20).fill(LEAVING));
  await page.locator("#stop").click();
  await meta(3).filter({ hasText: "stopped" }).waitFor();
  assert.ok(expected.startsWith(await lastKept(page)));
  await page.close();

  step("a server that leaves hands its answers on, also while the page is loaded again");
  const phone = await open("dark", PHONE, { isMobile: true, hasTouch: true, forgiving: true });
  const others = await throughWires(phone);
  await phone.reload();
  await connected(phone);
  others.leaveAfter = 30;
  await ask(phone, "handed on");
  await answer(phone, 0).locator(".meta", { hasText: "The server shuts down and hands this answer on: trying again in 1 s" }).waitFor();
  await accessible(phone, "an answer that is handed on");
  await noSideways(phone, "while an answer is handed on");
  await picture(phone, "handed-on-dark-phone");
  await answered(phone, 0);
  assert.equal(await lastKept(phone), expected);
  assert.deepEqual(others.resumes, [29]);
  assert.match(await answer(phone, 0).locator(".meta").textContent(), /resumed after the server shut down/);
  others.held = true;
  others.leaveAfter = 30;
  await ask(phone, "and again");
  await until(phone, "handed on", async () => (await kept(phone)).some(({ status }) => status === "lost" || status === "streaming"));
  await phone.reload();
  others.held = false;
  await answered(phone, 1);
  assert.equal(await lastKept(phone), expected);
});
