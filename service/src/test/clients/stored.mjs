// Responses over HTTP with OpenAI's JavaScript client; run by StoredResponsesClientsTest.
// node stored.mjs CLIENTS_DIRECTORY BASE_URL MODEL EXPECTED_ANSWER

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [clients, base, model, expected] = process.argv.slice(2);
const { OpenAI, APIError } = createRequire(resolve(clients, "x.js"))("openai");
const client = new OpenAI({ baseURL: base + "/v1", apiKey: "none", maxRetries: 0 });

const refused = async (promise, code) => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof APIError, String(error));
    assert.equal(error.code, code);
    return;
  }
  assert.fail("not refused: " + code);
};

// In one piece, fetched again, and continued.
const first = await client.responses.create({ input: "hello", instructions: "Be brief." });
assert.equal(first.status, "completed");
assert.equal(first.output_text, expected);
assert.equal((await client.responses.retrieve(first.id)).output_text, expected);
const second = await client.responses.create({ input: "and?", previous_response_id: first.id });
assert.equal(second.previous_response_id, first.id);
await refused(client.responses.create({ input: "and?", previous_response_id: "resp_none" }), "previous_response_not_found");

// Items, by pages.
const asked = await client.responses.create({ input: ["0", "1", "2"].map((content) => ({ role: "user", content })) });
const items = [];
for await (const item of client.responses.inputItems.list(asked.id, { order: "asc", limit: 2 })) items.push(item.content[0].text);
assert.deepEqual(items, ["0", "1", "2"]);

// Events; the stream is left in the middle and read on.
const events = [];
const stream = await client.responses.create({ input: "hello", stream: true });
for await (const event of stream) {
  if (event.type === "keepalive") continue;
  events.push(event);
  if (event.type === "response.output_text.delta" && events.length > 6) break;
}
const kept = events[0].response.id;
const rest = await client.responses.retrieve(kept, { stream: true, starting_after: events.at(-1).sequence_number });
for await (const event of rest) if (event.type !== "keepalive") events.push(event);
assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
const deltas = events.filter((event) => event.type === "response.output_text.delta");
assert.equal(deltas.map((event) => event.delta).join(""), expected);
assert.equal(events.at(-1).type, "response.completed");

// The helper, in the background, no more.
assert.equal((await client.responses.stream({ model, input: "hello" }).finalResponse()).output_text, expected);
let background = await client.responses.create({ input: "hello", background: true });
while (["queued", "in_progress"].includes(background.status)) {
  await new Promise((wait) => setTimeout(wait, 10));
  background = await client.responses.retrieve(background.id);
}
assert.equal(background.status, "completed");
assert.equal((await client.responses.cancel(background.id)).status, "completed");
await client.responses.delete(first.id);
await refused(client.responses.retrieve(first.id), "response_not_found");

console.log("all held");
