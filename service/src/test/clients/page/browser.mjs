// What the scripts of this folder share: a headless Chromium, pages that complain about whatever they should not do, and what
// a person sees. Each script is run by ChatPageBrowserTest:
//   node NAME.mjs CLIENTS_DIR CHROMIUM BASE_URL [MORE ...]
// and ends with "all held", or with what did not. With SCREENSHOTS=DIR in the environment it keeps pictures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { underWay } from "../../../main/resources/web/status.js";

const [clients, executablePath] = process.argv.slice(2);
export const [base, ...more] = process.argv.slice(4);
const require = createRequire(path.resolve(clients) + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const DESKTOP = { width: 1100, height: 760 };
export const PHONE = { width: 390, height: 780 };

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

/** Runs the steps of a script. */
export async function script(steps) {
  try {
    await steps();
    assert.deepEqual(complaints, []);
    console.log("all held");
  } catch (failure) {
    console.error(failure);
    for (const page of browser.contexts().flatMap((context) => context.pages())) {
      console.error("the page says:", await page.locator("#problem").textContent(), await page.locator("#state").textContent(), complaints);
    }
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

export const step = (name) => console.log(`- ${name}`);

/** As {@link visit}, and connected. */
export async function open(colorScheme, viewport, options) {
  const page = await visit(colorScheme, viewport, options);
  await connected(page);
  return page;
}

/** A visit of somebody new: nothing is stored yet. `forgiving`: what fails on the way to the server is no complaint. */
export async function visit(colorScheme, viewport, { address = base, hash = "", forgiving = false, ...options } = {}) {
  const context = await browser.newContext({ colorScheme, viewport, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => {
    const lost = forgiving && /ERR_|WebSocket|Failed to load/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !lost) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error}`));
  page.on("requestfailed", (request) => {
    if (!forgiving) complaints.push(`failed: ${request.url()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith(`blob:${address}`)) complaints.push(`foreign request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (violation) => {
      console.error(`CSP: ${violation.violatedDirective} ${violation.blockedURI} ${violation.sample}`);
    });
  });
  await page.goto(address + hash);
  return page;
}

export const connected = (page) => page.locator("#state", { hasText: "Connected" }).waitFor();

export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

/** In its own world, so that the page's policy does not bind it. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    [],
    `axe: ${what}`,
  );
}

export const answer = (page, turn) => page.locator(".turn.answer").nth(turn);
export const answered = (page, turn) => answer(page, turn).and(page.locator('[aria-busy="false"]')).waitFor();
export const answering = (page) => page.locator(".turn.answer[aria-busy='true'] .text", { hasText: /.{5}/s }).waitFor();

export async function ask(page, text) {
  await page.locator("#prompt").fill(text);
  await page.locator("#send").click();
}

/** The turns that are kept, oldest first, as the store has them. */
export const kept = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("tramontane");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction("turns").objectStore("turns").getAll();
          asked.onsuccess = () => {
            opening.result.close();
            resolve(asked.result.sort((a, b) => a.at - b.at));
          };
        };
      }),
  );

/** Asks again and again, a frame apart, until there is an answer that is true; it is a fault if there is none for long. */
export async function until(page, what, ask) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const found = await ask();
    if (found) return found;
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  throw new Error(`never ${what}`);
}

/** The text of the last answer that is kept, once it is over. */
export async function lastKept(page) {
  const last = await until(page, "an answer that is kept and over", async () => {
    const turn = (await kept(page)).filter(({ role }) => role === "assistant").at(-1);
    return turn && !underWay(turn) && turn;
  });
  return last.text;
}

/** What a person sees: nothing lies over the middle of its first and last line. */
export async function inSight(page, selector) {
  const hidden = await page.evaluate((selector) => {
    const node = document.querySelector(selector);
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const x = (left + right) / 2;
    return [top + 8, bottom - 8].filter((y) => !node.contains(document.elementFromPoint(x, y)));
  }, selector);
  assert.deepEqual(hidden, [], `${selector} is in sight`);
}

export const noSideways = async (page, when) =>
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `no sideways scrolling ${when}`);

/** The bar is one row high whatever it says. */
export async function oneRow(page, when) {
  const middles = await page.evaluate(() =>
    [...document.querySelectorAll(".bar-row > *")]
      .map((node) => node.getBoundingClientRect())
      .filter(({ width }) => width > 1)
      .map(({ top, bottom }) => Math.round((top + bottom) / 2)),
  );
  assert.ok(Math.max(...middles) - Math.min(...middles) <= 2, `one row ${when}: ${middles}`);
  const lines = await page.evaluate(() =>
    ["context-words", "state-words", "model"].filter((id) => {
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(id));
      return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
    }),
  );
  assert.deepEqual(lines, [], `one line each ${when}`);
  await noSideways(page, when);
}
