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
  await accessible(page, "the server in light");
  await picture(page, "server-light");
  await page.locator("#server-link").click();
  assert.equal(await page.locator("#prompt").inputValue(), "not sent yet");
  assert.equal(await page.locator("#server-view").isVisible(), false);
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
