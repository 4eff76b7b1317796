// Drives the chat page in headless Chromium; run by ChatPageBrowserTest.
//   node page.mjs CLIENTS_DIR CHROMIUM BASE_URL EXPECTED_ANSWER [KEY]
// Exits 0 when everything held; otherwise 1, saying what did not. With SCREENSHOTS=DIR in the environment it keeps pictures.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";

const [clients, executablePath, base, expected] = process.argv.slice(2);
const require = createRequire(path.resolve(clients) + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

const complaints = [];

async function open(colorScheme, viewport, more = {}) {
  const page = await browser.newPage({ colorScheme, viewport, ...more });
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error}`));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) complaints.push(`foreign request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (violation) => {
      console.error(`CSP: ${violation.violatedDirective} ${violation.blockedURI}`);
    });
  });
  await page.goto(base);
  await page.locator("#state", { hasText: "Connected" }).waitFor();
  return page;
}

async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    [],
    `axe: ${what}`,
  );
}

const answer = (page, turn) => page.locator(".turn.answer").nth(turn);
const answered = (page, turn) => answer(page, turn).and(page.locator('[aria-busy="false"]')).waitFor();

/** What a person sees: nothing lies over the middle of its first and last line. */
async function inSight(page, selector) {
  const hidden = await page.evaluate((selector) => {
    const node = document.querySelector(selector);
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const x = (left + right) / 2;
    return [top + 8, bottom - 8].filter((y) => !node.contains(document.elementFromPoint(x, y)));
  }, selector);
  assert.deepEqual(hidden, [], `${selector} is in sight`);
}

/** The bar is one row high whatever it says. */
async function oneRow(page, when) {
  const middles = await page.evaluate(() =>
    [...document.querySelectorAll(".bar-row > *")]
      .map((node) => node.getBoundingClientRect())
      .filter(({ width }) => width > 0)
      .map(({ top, bottom }) => Math.round((top + bottom) / 2)),
  );
  assert.ok(Math.max(...middles) - Math.min(...middles) <= 2, `one row ${when}: ${middles}`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `no sideways scrolling ${when}`);
}

/** A server with keys: the page asks, keeps the key in its tab, and asks again when it is refused. */
async function keyed(base, key) {
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(base);
  await page.locator("#key").fill(key.replace(/.$/, key.endsWith("A") ? "B" : "A"));
  await page.keyboard.press("Enter");
  await page.locator("#key-words", { hasText: "does not take this key" }).waitFor();
  await accessible(page, "asking for a key");
  await picture(page, "6-key");
  await page.locator("#key").fill(key);
  await page.locator("#key-form button").click();
  await page.locator("#state", { hasText: "Connected" }).waitFor();
  await page.locator("#model", { hasText: "toy" }).waitFor();
  await page.locator("#prompt").fill("keyed");
  await page.locator("#prompt").press("Enter");
  await answered(page, 0);
  assert.equal(await answer(page, 0).locator(".text").textContent(), expected);
  assert.equal((await page.content()).includes(key), false, "the key is not in the page");
  await page.reload();
  await page.locator("#state", { hasText: "Connected" }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.close();
  const other = await browser.newPage();
  await other.goto(base);
  await other.locator("#key-form").waitFor(); // Another tab has no key.
  await other.close();
}

if (process.argv[6]) {
  try {
    await keyed(base, process.argv[6]);
    console.log("all held");
  } catch (failure) {
    console.error(failure);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
  process.exit();
}

const step = (name) => console.log(`- ${name}`);

try {
  const page = await open("light", { width: 1100, height: 760 });
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
  while (sizes.size < 3) sizes.add((await answer(page, 0).locator(".text").textContent()).length);
  assert.match(await answer(page, 0).locator(".meta").textContent(), /tokens?/);
  await picture(page, "2-streaming-light");
  await answered(page, 0);
  assert.equal(await answer(page, 0).locator(".text").textContent(), expected);
  assert.match(
    await answer(page, 0).locator(".meta").textContent(),
    /^\d+\.\d\d s to first token · [\d.]+ tokens\/s · \d+ tokens$/,
  );

  step("what the model writes is inert");
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator("#log script, #log img, #log b").count(), 0);

  step("a second turn goes on with the first; Escape stops it");
  await prompt.fill("second");
  await prompt.press("Enter");
  await page.locator(".turn.answer[aria-busy='true'] .text", { hasText: /.{5}/s }).waitFor();
  assert.equal(await page.locator("#send").isVisible(), false);
  await page.keyboard.press("Escape");
  await answered(page, 1);
  assert.match(await answer(page, 1).locator(".meta").textContent(), /· stopped$/);
  const kept = await answer(page, 1).locator(".text").textContent();
  assert.ok(kept.length > 0 && kept.length < expected.length && expected.startsWith(kept));

  step("the stop button stops");
  await prompt.fill("third");
  await page.locator("#send").click();
  await page.locator(".turn.answer[aria-busy='true'] .text", { hasText: /.{5}/s }).waitFor();
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
  assert.equal(await answer(page, 4).locator(".text").textContent(), expected);
  await page.locator("#new-chat").click();
  await page.locator("#max-tokens").evaluate((field) => (field.value = field.defaultValue));
  await prompt.fill("y".repeat(3500)); // Leaves less than the page's own limit.
  await prompt.press("Enter");
  await answered(page, 0);
  assert.equal(await answer(page, 0).locator(".text").textContent(), expected);
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
  const phone = await open("dark", { width: 390, height: 780 }, { isMobile: true, hasTouch: true });
  await phone.locator("#model", { hasText: "toy" }).waitFor();
  await oneRow(phone, "on a phone");
  await phone.evaluate(() => (document.querySelector("#model").textContent = "a-model-with-a-long-name-Instruct-v0.3.Q4_K_M"));
  for (const [state, words] of [["open", "Connected"], ["connecting", "Connecting"], ["closed", "Disconnected, trying again in 12 s"]]) {
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
  assert.ok(
    await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    "the page does not scroll sideways",
  );
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

  assert.deepEqual(complaints, []);
  console.log("all held");
} finally {
  await browser.close();
}
