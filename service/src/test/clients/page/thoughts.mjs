// What a model thinks stands in a block before its words: it grows, folds, is kept, and outlives a cut and a reload in its middle.
//   node thoughts.mjs CLIENTS_DIR CHROMIUM BASE_URL EXPECTED

import assert from "node:assert/strict";
import { asJson, asMarkdown } from "../../../main/resources/web/export.js";
import { DESKTOP, PHONE, accessible, answer, answered, answering, ask, connected, kept, more, noSideways, open, picture, script, step, until } from "./browser.mjs";
import { throughWires } from "./wires.mjs";

const [expected] = more;
/** The last event whose words are thoughts. */
const LAST = 320;

await script(async () => {
  const page = await open("light", DESKTOP, { forgiving: true });
  const wires = await throughWires(page);
  wires.thoughts = LAST;
  await page.reload();
  await connected(page);
  const block = answer(page, 0).locator(".thoughts");

  step("it grows while it is open, and folds when the answer begins");
  wires.deafAfter = LAST - 20; // So the thought stands still in its middle.
  await page.evaluate(() => {
    window.sizes = new Set();
    const seen = () => window.sizes.add(document.querySelector(".thoughts div")?.textContent.length ?? 0);
    new MutationObserver(seen).observe(document.getElementById("log"), { subtree: true, childList: true, characterData: true });
  });
  await ask(page, "think");
  await block.locator("summary", { hasText: "Thinking" }).waitFor();
  await until(page, "seen growing", () => page.evaluate(() => window.sizes.size >= 3));
  assert.equal(await block.evaluate((node) => node.open), true);
  assert.equal(await answer(page, 0).locator(".text").textContent(), "");
  await accessible(page, "a growing thought");
  await picture(page, "thinking-light");

  step("a reload in the middle of a thought loses nothing and doubles nothing");
  await until(page, "kept while it grows", async () => (await kept(page)).some(({ thoughts }) => thoughts));
  wires.deafAfter = Infinity;
  wires.cutAfter = 40; // And the line is lost once more, still in the thought or just behind.
  await page.reload();
  await answered(page, 0);
  assert.equal(wires.cuts, 1);
  const [turn] = (await kept(page)).filter(({ role }) => role === "assistant");
  assert.equal(turn.thoughts + turn.text, expected);
  assert.ok(turn.thoughts.length > 50 && turn.text.length > 50);
  assert.equal(await block.evaluate((node) => node.open), false);
  assert.equal(await block.locator("summary").textContent(), "Thoughts");
  assert.equal(await block.locator("div").textContent(), turn.thoughts);
  await picture(page, "thought-folded-light");

  step("the keyboard opens and folds it");
  await block.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await block.evaluate((node) => node.open), true);
  await accessible(page, "an open thought");
  await picture(page, "thought-open-light");
  await page.keyboard.press("Space");
  assert.equal(await block.evaluate((node) => node.open), false);

  step("who folds it, or opens it again, has it so when the answer begins");
  wires.thoughts = 120;
  await ask(page, "second"); // This one is slow.
  const second = answer(page, 1).locator(".thoughts");
  await second.locator("summary").click();
  await second.locator("summary").click();
  await answering(page);
  await page.keyboard.press("Escape");
  await answered(page, 1);
  assert.equal(await second.evaluate((node) => node.open), true);

  step("it is kept, and exported apart from the words");
  await page.reload();
  await answered(page, 1);
  assert.equal(await block.locator("div").textContent(), turn.thoughts);
  assert.ok((await second.locator("div").textContent()).length > 50);
  assert.equal(await second.evaluate((node) => node.open), false);
  const turns = [{ ...turn, parent: "" }];
  const conversation = { record: { title: "t", created: 0, updated: 0 }, path: () => turns, turns: new Map([[turn.id, turns[0]]]) };
  assert.equal(JSON.parse(asJson(conversation)).turns[0].thoughts, turn.thoughts);
  assert.equal(JSON.parse(asJson(conversation)).turns[0].content, turn.text);
  const markdown = asMarkdown(conversation);
  assert.ok(markdown.includes(`> ${turn.thoughts.trim().split("\n").at(-1)}\n\n`) && markdown.includes(turn.text.trim()));

  step("on a phone in the dark");
  const phone = await open("dark", PHONE, { forgiving: true });
  const air = await throughWires(phone);
  air.thoughts = LAST;
  await phone.reload();
  await connected(phone);
  await ask(phone, "think");
  await answered(phone, 0);
  await answer(phone, 0).locator("summary").click();
  await noSideways(phone, "with a thought");
  await accessible(phone, "a thought on a phone");
  await picture(phone, "thought-phone-dark");
});
