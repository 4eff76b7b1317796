// Streams with OpenAI's JavaScript client and with EventSource: stream.mjs CLIENTS_DIR BASE_URL MODEL EXPECTED [CHROMIUM]
// EventSource is Node's package, or a browser's when one is given. It only asks with GET, so its request is turned
// into a POST on the way.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [clients, base, model, expected, executablePath] = process.argv.slice(2);
const require = createRequire(path.resolve(clients) + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const asked = { model, messages: [{ role: "user", content: "Hello" }], stream: true };
const headers = { "Content-Type": "application/json" };
const address = `${base}/v1/chat/completions`;

function check(name, parts) {
  assert.equal(parts.join(""), expected, name);
  assert.ok(parts.filter((part) => part === "").length >= 4, `${name}: the stream was never silent, so nothing was tried`);
  console.log(`ok: ${name}`);
}

const contents = (messages) => messages.map((data) => JSON.parse(data).choices[0].delta.content ?? "");

/** What an EventSource dispatches until [DONE]; runs here or in a page. */
const listen = (source) =>
  new Promise((resolve, reject) => {
    const messages = [];
    source.onmessage = ({ data }) => {
      if (data === "[DONE]") {
        source.close();
        resolve(messages);
      } else messages.push(data);
    };
    source.onerror = () => {
      source.close();
      reject(new Error(`the stream broke after ${messages}`));
    };
  });

if (executablePath) {
  const { chromium } = require("playwright-core");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] });
  try {
    const page = await browser.newPage();
    await page.route("**/v1/chat/completions", (route) =>
      route.continue({ method: "POST", postData: JSON.stringify(asked), headers: { ...route.request().headers(), "content-type": "application/json" } }),
    );
    await page.goto(`${base}/livez`);
    const messages = await page.evaluate(`(${listen})(new EventSource("/v1/chat/completions"))`);
    check("a browser's EventSource", contents(messages));
  } finally {
    await browser.close();
  }
} else {
  const { default: OpenAI } = await load("openai");
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: "none", maxRetries: 0 });
  let parts = [];
  for await (const chunk of await client.chat.completions.create(asked)) parts.push(chunk.choices[0].delta.content ?? "");
  check("openai chat", parts);
  parts = [];
  for await (const chunk of await client.completions.create({ model, prompt: "Hello", max_tokens: 1000, stream: true }))
    parts.push(chunk.choices[0].text);
  check("openai completion", parts);
  const final = await client.chat.completions.stream(asked).finalChatCompletion();
  assert.equal(final.choices[0].message.content, expected);
  assert.equal(final.choices[0].message.role, "assistant");
  console.log("ok: openai stream helper");

  const { EventSource } = await load("eventsource");
  const fetchAsPost = (url, init) =>
    fetch(url, { ...init, method: "POST", body: JSON.stringify(asked), headers: { ...init.headers, ...headers } });
  check("eventsource", contents(await listen(new EventSource(address, { fetch: fetchAsPost }))));
}
console.log("all held");
