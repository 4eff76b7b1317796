// The view of the server, alive; and of one that keeps its figures elsewhere.
//   node figures.mjs CLIENTS_DIR CHROMIUM BASE_URL BASE_URL_WITHOUT_FIGURES

import assert from "node:assert/strict";
import { DESKTOP, PHONE, accessible, base, connected, more, noSideways, open, picture, script, step, until, visit } from "./browser.mjs";

const [hidden] = more;
const value = (page, name) => page.locator(".cards > div", { has: page.locator("dt", { hasText: name }) }).locator(".value");

async function compute() {
  const { data } = await (await fetch(`${base}v1/models`)).json();
  const reply = await fetch(`${base}v1/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ model: data[0].id, prompt: "a", max_tokens: 8, ignore_eos: true }),
  });
  assert.equal(reply.status, 200);
}

await script(async () => {
  step("the way there and back");
  const page = await open("light", DESKTOP);
  await page.locator("#prompt").fill("not sent yet");
  await page.locator("#server-link").click();
  await page.locator("h2", { hasText: "The server" }).waitFor();
  assert.equal(await page.locator("#composer").isVisible(), false);

  step("it shows what the server does");
  await value(page, "Running").filter({ hasText: /^0$/ }).waitFor();
  await value(page, "Tokens a second").filter({ hasText: /^0\.0$/ }).waitFor();
  await until(page, "computing", async () => {
    await compute();
    return Number(await value(page, "Tokens a second").textContent()) > 0;
  });
  assert.match(await value(page, "Connections").textContent(), /^[1-9]\d*$/);
  await page.locator("#figures-curve").waitFor();
  assert.match(await page.locator("#figures-curve-words").textContent(), /^Tokens a second in the last two minutes: at most (?!0\.0)\d+\.\d$/);
  await accessible(page, "the server in light");
  await picture(page, "server-light");
  step("counters that begin anew, and what can't be read, end neither the view nor its sense");
  await page.route("**/metrics", async (route) => {
    const reply = await route.fetch();
    await route.fulfill({ response: reply, body: (await reply.text()).replace(/^(tramontane_generation_tokens_total\S*) .*$/m, "$1 0") });
  });
  await value(page, "Tokens a second").filter({ hasText: /^–$/ }).waitFor();
  await page.unroute("**/metrics");
  await page.route("**/capacity", (route) => route.fulfill({ status: 200, body: "<h1>Welcome to this network</h1>" }));
  await page.locator("#figures-words", { hasText: "/capacity says what this page can't read (HTTP status 200)" }).waitFor();
  await page.unroute("**/capacity");
  await page.locator("#figures-words", { hasText: "as it is now" }).waitFor();

  step("all of it by the keyboard");
  await page.locator("#server-link").focus();
  await page.keyboard.press("Enter");
  await page.locator("#composer").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("#server-view").waitFor();
  await page.waitForFunction(() => document.activeElement.id === "figures-title"); // Once the view's module is there.
  await page.locator("#server-link").click();
  assert.equal(await page.locator("#prompt").inputValue(), "not sent yet");
  await page.locator("#server-view").waitFor({ state: "hidden" });
  await page.close();

  step("dark, on a phone");
  const phone = await open("dark", PHONE, { isMobile: true, hasTouch: true, hash: "#server" });
  await value(phone, "Cache promised").filter({ hasText: "%" }).waitFor();
  await noSideways(phone, "with figures");
  await accessible(phone, "the server in dark on a phone");
  await picture(phone, "server-dark-phone");
  await phone.close();

  step("what is hidden is said to be");
  const other = await visit("light", DESKTOP, { address: hidden, hash: "#server", forgiving: true });
  await connected(other);
  await other.locator("#figures-words", { hasText: "/metrics is not to be seen here" }).waitFor();
  await accessible(other, "a server that hides its figures");
  await picture(other, "server-hidden");
});
