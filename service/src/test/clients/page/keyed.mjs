// A server with keys: the page asks, keeps the key in its tab and nowhere else, and asks again when it is refused.

import assert from "node:assert/strict";
import { DESKTOP, accessible, answered, ask, base, connected, lastKept, more, picture, script, visit } from "./browser.mjs";

const [expected, key] = more;

await script(async () => {
  const page = await visit("light", DESKTOP, { forgiving: true });
  await page.locator("#key").fill(key.replace(/.$/, key.endsWith("A") ? "B" : "A"));
  await page.keyboard.press("Enter");
  await page.locator("#key-words", { hasText: "does not take this key" }).waitFor();
  await accessible(page, "asking for a key");
  await picture(page, "key");
  await page.locator("#key").fill(key);
  await page.locator("#key-form button").click();
  await connected(page);
  await page.locator("#model", { hasText: "toy" }).waitFor();
  await ask(page, "keyed");
  await answered(page, 0);
  assert.equal(await lastKept(page), expected);
  assert.equal((await page.content()).includes(key), false, "the key is not in the page");
  await page.reload();
  await connected(page);
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  const stored = await page.evaluate(async () => JSON.stringify((await indexedDB.databases()).map(({ name }) => name)));
  assert.equal(stored, '["tramontane"]');

  const other = await page.context().newPage(); // Another tab has no key.
  await other.goto(base);
  await other.locator("#key-form").waitFor();
});
