// Asks for answers of a form with OpenAI's JavaScript client and its parsers; run by ClientsTest.
//   node structured.mjs BASE_URL MODEL, where the clients are installed

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const [base, model] = process.argv.slice(2);
const require = createRequire(path.resolve() + "/");
const { OpenAI } = require("openai");

const client = new OpenAI({ baseURL: base, apiKey: "none", maxRetries: 0 });
const schema = {
  type: "object",
  additionalProperties: false,
  required: ["kind", "legs"],
  properties: { kind: { enum: ["cat", "dog"] }, legs: { type: "integer", minimum: 0, maximum: 8 } },
};
const named = { name: "pet", strict: true, schema };

function check(pet) {
  assert(["cat", "dog"].includes(pet.kind) && pet.legs >= 0 && pet.legs <= 8, JSON.stringify(pet));
}

const chat = await client.chat.completions.parse({
  model,
  messages: [{ role: "user", content: "Describe a pet as JSON." }],
  response_format: { type: "json_schema", json_schema: named },
});
check(JSON.parse(chat.choices[0].message.content));
assert.equal(chat.choices[0].message.refusal, null);
console.log("ok: chat parsed");

const response = await client.responses.parse({
  model,
  input: "Describe a pet as JSON.",
  text: { format: { type: "json_schema", ...named } },
});
check(JSON.parse(response.output_text));
console.log("ok: response parsed");
