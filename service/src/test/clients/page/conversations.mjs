// Several conversations: kept over a reload, branched, renamed, exported, deleted, on a desktop and on a phone; and offline.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DESKTOP, PHONE, accessible, answer, answered, answering, ask, connected, kept, lastKept, noSideways, open, picture, script, step } from "./browser.mjs";

const chats = (page) => page.locator("#chat-list .chat");
const act = (page, turn, what) => page.locator(".turn").nth(turn).locator(`[data-do=${what}]`).click();
const words = (page) => page.locator(".turn .text").allTextContents();

async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
}

await script(async () => {
  const page = await open("light", DESKTOP, { forgiving: true });

  step("conversations are listed, the latest first, and are there after a reload");
  await page.locator("#chats-empty", { hasText: "kept in this browser" }).waitFor();
  await ask(page, "first question");
  await answered(page, 0);
  await page.locator("#new-chat").click();
  await ask(page, "another chat");
  await answered(page, 0);
  assert.deepEqual(await chats(page).allTextContents(), ["another chat", "first question"]);
  await lastKept(page);
  await page.reload();
  await connected(page);
  assert.deepEqual(await words(page), ["another chat", "answer 2"]);
  await chats(page).nth(1).click();
  await page.locator(".turn.user .text", { hasText: "first question" }).waitFor();
  assert.deepEqual(await words(page), ["first question", "answer 1"]);

  step("an answer asked for again is a branch, and both stay");
  await act(page, 1, "regenerate");
  await page.locator(".place", { hasText: "2 / 2" }).waitFor();
  await answered(page, 0);
  assert.deepEqual(await words(page), ["first question", "answer 3"]);
  await ask(page, "below the second");
  await answered(page, 1);
  await act(page, 1, "previous");
  assert.deepEqual(await words(page), ["first question", "answer 1"]);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.do), "next", "the keyboard stays at the steps");
  await page.keyboard.press("Enter");
  assert.deepEqual(await words(page), ["first question", "answer 3", "below the second", "answer 4"]);

  step("a question put differently is a branch, too; Escape leaves it as it was");
  await act(page, 2, "edit");
  await accessible(page, "editing");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".edit").count(), 0);
  await act(page, 2, "edit");
  await page.locator(".edit textarea").fill("put differently");
  await picture(page, "edit-light");
  await page.keyboard.press("Control+Enter");
  await page.locator(".turn.answer .text", { hasText: "answer 5" }).waitFor();
  await answered(page, 1);
  assert.deepEqual(await words(page), ["first question", "answer 3", "put differently", "answer 5"]);
  assert.equal((await kept(page)).length, 9);
  await accessible(page, "branches");
  await picture(page, "branches-light");

  step("it is renamed and exported");
  await page.locator("[data-do=rename]").click();
  await accessible(page, "a dialog");
  await page.locator("#ask-input").fill("Winds / of <b>France</b>");
  await page.keyboard.press("Enter");
  await page.locator(".chat[aria-current]", { hasText: "Winds / of <b>France</b>" }).waitFor();
  const markdown = await saved(page, "[data-do=markdown]");
  assert.equal(markdown.name, "Winds-of-b-France-b.md");
  assert.equal(
    markdown.text,
    "# Winds / of <b>France</b>\n\n## You\n\nfirst question\n\n## Answer\n\nanswer 3\n\n## You\n\nput differently\n\n## Answer\n\nanswer 5\n",
  );
  const whole = JSON.parse((await saved(page, "[data-do=json]")).text);
  assert.equal(whole.turns.length, 7);
  assert.deepEqual(
    whole.turns.filter(({ shown }) => shown).map(({ content }) => content).sort(),
    ["answer 3", "answer 5", "first question", "put differently"],
  );
  assert.ok(whole.turns.every(({ parent }) => parent === null || whole.turns.some(({ id }) => id === parent)));

  step("another tab sees what is kept, and what is deleted");
  const other = await page.context().newPage();
  await other.goto(page.url().split("#")[0]);
  await connected(other);
  assert.equal(await chats(other).count(), 2);
  await page.bringToFront();
  await page.locator("[data-do=delete]").click();
  await page.locator("#ask-cancel").click();
  assert.equal(await chats(page).count(), 2);
  await page.locator("[data-do=delete]").click();
  await page.locator("#ask-confirm").click();
  await page.locator(".chat", { hasText: "Winds" }).waitFor({ state: "detached" });
  assert.equal(await page.locator(".turn").count(), 0);
  assert.equal((await kept(page)).length, 2);
  await other.locator(".chat", { hasText: "Winds" }).waitFor({ state: "detached" });
  await other.close();

  step("offline, conversations can be read and a message waits in its box");
  await page.context().setOffline(true);
  await page.evaluate(() => dispatchEvent(new Event("offline")));
  await chats(page).first().click();
  await page.locator(".turn.user .text", { hasText: "another chat" }).waitFor();
  await page.locator("#prompt").fill("written offline");
  await page.context().setOffline(false);
  await connected(page);
  await page.locator("#send").click();
  await answered(page, 1);

  step("all are deleted");
  await page.locator("#delete-all").click();
  await page.locator("#ask-confirm").click();
  await page.locator(".chat").waitFor({ state: "detached" });
  assert.deepEqual(await kept(page), []);
  await page.close();

  step("on a phone the list lies over the chat and takes the keyboard");
  const phone = await open("dark", PHONE, { isMobile: true, hasTouch: true });
  await ask(phone, "asked on a phone");
  await answered(phone, 0);
  assert.equal(await phone.locator("#chats").isVisible(), false);
  await phone.locator("#chats-toggle").click();
  await chats(phone).first().waitFor();
  assert.ok(await phone.evaluate(() => document.getElementById("chats").contains(document.activeElement)));
  await accessible(phone, "the list on a phone");
  await noSideways(phone, "with the list");
  await picture(phone, "chats-dark-phone");
  await phone.keyboard.press("Escape");
  assert.equal(await phone.locator("#chats").isVisible(), false);
  assert.equal(await phone.evaluate(() => document.activeElement.id), "chats-toggle");
  await phone.locator("#chats-toggle").click();
  await phone.locator("#theme").selectOption("light");
  assert.equal(await phone.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(250, 249, 246)");
  await phone.reload();
  await connected(phone);
  assert.equal(await phone.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(250, 249, 246)");
  await picture(phone, "light-phone");
});
