// Calls tools by OpenAI's JavaScript client over responses; run by ResponseToolClientsTest.
// node responses.mjs CLIENTS BASE_URL MODEL
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [clients, base, model] = process.argv.slice(2);
const { OpenAI } = createRequire(resolve(clients, "x.js"))("openai");
const client = new OpenAI({ baseURL: base, apiKey: "none", maxRetries: 0 });
const tools = [
  { type: "function", name: "weather", strict: false, parameters: { type: "object", properties: { city: { type: "string" } } } },
];
const input = "How is Brest?";

const stream = client.responses.stream({ model, input, tools });
const seen = new Set();
stream.on("event", (event) => seen.add(event.type));
const first = await stream.finalResponse();
assert.deepEqual(
  first.output.map((item) => item.type),
  ["reasoning", "message", "function_call"],
);
for (const type of ["reasoning_text.delta", "output_text.delta", "function_call_arguments.delta", "function_call_arguments.done"]) {
  assert(seen.has("response." + type), [...seen].join());
}
const call = first.output[2];
assert.deepEqual(JSON.parse(call.arguments), { city: "Brest" });
const second = await client.responses.create({
  model,
  tools,
  previous_response_id: first.id,
  input: [{ type: "function_call_output", call_id: call.call_id, output: "12 degrees" }],
});
assert.equal(second.output_text, "It is cold, très froid.");
await assert.rejects(client.responses.create({ model, tools, previous_response_id: first.id, input: "and?" }), /function_call_output/);
console.log("all held");
