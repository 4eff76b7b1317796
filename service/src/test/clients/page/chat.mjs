// A person chats: keyboard, streaming, stopping, settings, errors; on a desktop in light, on a phone in dark.

import assert from "node:assert/strict";
import { DESKTOP, PHONE, accessible, answer, answered, answering, connected, inSight, lastKept, more, noSideways, oneRow, open, picture, script, step, until } from "./browser.mjs";

const [expected] = more;

await script(async () => {
  const page = await open("light", DESKTOP);
  const prompt = page.locator("#prompt");

  step("the page names the model and is ready for the keyboard");
  await page.locator("#model", { hasText: "toy" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "prompt");
  assert.equal(await page.locator("#send").isDisabled(), true);
  await accessible(page, "empty page");
  await picture(page, "1-empty-light");

  step("Shift+Enter starts a line, Enter sends");
  await prompt.press("a");
  await prompt.press("Shift+Enter");
  await prompt.press("b");
  await prompt.press("Enter");
  assert.equal(await page.locator(".turn.user .text").textContent(), "a\nb");
  assert.equal(await prompt.inputValue(), "");

  step("text streams in");
  const sizes = new Set();
  await until(page, "seen growing", async () => sizes.add((await answer(page, 0).locator(".text").textContent()).length).size >= 3);
  assert.match(await answer(page, 0).locator(".meta").textContent(), /tokens?/);
  await picture(page, "2-streaming-light");
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  assert.match(
    await answer(page, 0).locator(".meta").textContent(),
    /^\d+\.\d\d s to first token · [\d.]+ tokens\/s · \d+ tokens$/,
  );

  step("it says how full the context and the window are, also when it is loaded again and after a look at the server");
  const full = /^\d+ % *window 100 %$/;
  const before = await page.locator("#context").textContent();
  assert.match(before, full);
  assert.match(await page.locator("#context").getAttribute("title"), /^5\d\d of 4,096 tokens .*; the sliding window holds the last 16 of at most 16$/);
  await oneRow(page, "with a window");
  await picture(page, "2-window-light");
  await page.reload();
  await page.locator("#context", { hasText: full }).waitFor();
  assert.equal(await page.locator("#context").textContent(), before);
  await page.locator("#server-link").click();
  await page.locator("#server-view").waitFor();
  await page.reload();
  await page.locator("#server-view").waitFor();
  await page.locator("#server-link").click();
  await answered(page, 0);
  await page.reload();
  await answered(page, 0);
  await connected(page);

  step("a second turn goes on with the first; Escape stops it");
  await prompt.fill("second");
  await prompt.press("Enter");
  await answering(page);
  assert.equal(await page.locator("#send").isVisible(), false);
  await page.keyboard.press("Escape");
  await answered(page, 1);
  assert.match(await answer(page, 1).locator(".meta").textContent(), /· stopped$/);
  const kept = await lastKept(page);
  assert.ok(kept.length > 0 && kept.length < expected.length && expected.startsWith(kept));

  step("the stop button stops");
  await prompt.fill("third");
  await page.locator("#send").click();
  await answering(page);
  await page.locator("#stop").click();
  await answered(page, 2);
  assert.match(await answer(page, 2).locator(".meta").textContent(), /· stopped$/);
  await accessible(page, "conversation");

  step("settings are used, and errors are shown without ending the conversation");
  await page.locator("#settings-toggle").click();
  await accessible(page, "settings");
  await picture(page, "3-settings-light");
  await page.locator("#max-tokens").fill("3");
  await prompt.fill("fourth");
  await prompt.press("Enter");
  await answered(page, 3);
  assert.match(await answer(page, 3).locator(".meta").textContent(), /3 tokens · stopped at the token limit$/);
  await page.locator("#max-tokens").fill("999999"); // More than the context holds: the page asks for what fits.
  await prompt.fill("fifth");
  await prompt.press("Enter");
  await answered(page, 4);
  assert.equal(await lastKept(page), expected);
  await page.locator("#new-chat").click();
  await page.locator("#max-tokens").evaluate((field) => (field.value = field.defaultValue));
  await prompt.fill("y".repeat(3500)); // Leaves less than the page's own limit.
  await prompt.press("Enter");
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  const long = "A question of more lines than the box shows\n".repeat(100).trim();
  await prompt.fill(long);
  await prompt.press("Enter");
  await page.locator("[role=alert]", { hasText: "context" }).waitFor();
  assert.equal(await page.locator(".turn").count(), 2, "nothing is left of what was refused");
  assert.equal(await prompt.inputValue(), long);
  await inSight(page, "[role=alert]");
  await accessible(page, "error");
  await picture(page, "4-error-light");
  await page.locator("#settings-toggle").click();
  await inSight(page, "[role=alert]");

  step("a new chat starts empty");
  await page.locator("#new-chat").click();
  assert.equal(await page.locator(".turn").count(), 0);
  assert.equal(await page.locator("[role=alert]").isVisible(), false);
  await page.locator("#max-tokens").evaluate((field) => (field.value = ""));
  await prompt.fill("fresh");
  await prompt.press("Enter");
  await answered(page, 0);
  await page.close();

  step("dark, on a phone");
  const phone = await open("dark", PHONE, { isMobile: true, hasTouch: true });
  await phone.locator("#model", { hasText: "toy" }).waitFor();
  await oneRow(phone, "on a phone");
  await phone.evaluate(() => (document.querySelector("#model").textContent = "a-model-with-a-long-name-Instruct-v0.3.Q4_K_M"));
  for (const [state, words] of [["open", "Connected"], ["connecting", "Connecting"], ["closed", "Disconnected, retry in 12 s"]]) {
    await phone.evaluate(([state, words]) => {
      document.querySelector("#state").dataset.state = state;
      document.querySelector("#state-words").textContent = words;
    }, [state, words]);
    for (const width of [320, 390, 540]) {
      await phone.setViewportSize({ width, height: 780 });
      await oneRow(phone, `at ${width}, ${state}`);
    }
    await phone.setViewportSize({ width: 390, height: 780 });
    await picture(phone, `5-phone-dark-${state}`);
  }
  await phone.evaluate(() => {
    document.querySelector("#state").dataset.state = "open";
    document.querySelector("#state-words").textContent = "Connected";
  });
  assert.equal(await phone.locator(".keys").isVisible(), false);
  await phone.locator("#prompt").fill("Tell me about");
  await phone.locator("#prompt").press("End");
  await phone.locator("#prompt").press("Enter");
  await phone.keyboard.type("the north wind.");
  assert.equal(await phone.locator("#prompt").inputValue(), "Tell me about\nthe north wind.");
  assert.equal(await phone.locator(".turn").count(), 0);
  await picture(phone, "5-phone-dark");
  await phone.locator("#send").click();
  await answered(phone, 0);
  await accessible(phone, "dark");
  await noSideways(phone, "on a phone");
  await picture(phone, "6-phone-dark-answer");
  await phone.locator("#settings-toggle").click();
  await phone.setViewportSize({ width: 780, height: 390 });
  await phone.locator("#prompt").fill(long);
  await phone.locator("#send").click();
  await phone.locator("[role=alert]", { hasText: "context" }).waitFor();
  await inSight(phone, "[role=alert]");
  await accessible(phone, "error on a phone on its side");
  await picture(phone, "7-phone-side-error");
  await phone.close();
});
