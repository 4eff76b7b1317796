// Calls tools and parses answers with OpenAI's JavaScript client: openai.mjs CLIENTS MODEL BASE_URL... The model says what
// lines.json has; run by ToolClientsTest.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [clients, model, ...bases] = process.argv.slice(2);
const require = createRequire(clients + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { default: OpenAI } = await load("openai");
const { zodFunction, zodResponseFormat } = await load("openai/helpers/zod");
const { z } = await load("zod");

const degrees = { Brest: "12 degrees", Nantes: "20 degrees" };
const user = (content) => [{ role: "user", content }];
const Pet = z.object({ kind: z.enum(["cat", "dog"]), legs: z.number().int() });

for (const baseURL of bases) {
  const chats = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 }).chat.completions;
  const asked = [];
  const weather = zodFunction({
    name: "weather",
    description: "How warm it is in a city.",
    parameters: z.object({ city: z.string() }),
    function: ({ city }) => (asked.push(city), degrees[city]),
  });

  const parsed = await chats.parse({ model, messages: user("How is the weather in Brest?"), tools: [weather] });
  assert.equal(parsed.choices[0].finish_reason, "tool_calls");
  assert.deepEqual(parsed.choices[0].message.tool_calls[0].function.parsed_arguments, { city: "Brest" });

  const runner = chats.runTools({ model, messages: user("Compare Brest and Nantes."), tools: [weather] });
  assert.equal(await runner.finalContent(), "Nantes is warmer.");
  const streaming = chats.runTools({ model, messages: user("Compare Brest and Nantes."), tools: [weather], stream: true });
  assert.equal(await streaming.finalContent(), "Nantes is warmer.");
  assert.deepEqual(asked, ["Brest", "Nantes", "Brest", "Nantes"]);

  const done = [];
  const stream = chats
    .stream({ model, messages: user("Compare Brest and Nantes."), tools: [weather] })
    .on("tool_calls.function.arguments.done", (call) => done.push([call.index, call.name, call.arguments]));
  const whole = await stream.finalMessage();
  assert.equal(whole.content, "I ask twice.");
  assert.deepEqual(whole.tool_calls.map((call) => call.function.parsed_arguments), [{ city: "Brest" }, { city: "Nantes" }]);
  assert.deepEqual(done, [[0, "weather", '{"city":"Brest"}'], [1, "weather", '{"city":"Nantes"}']]);

  const pet = { model, messages: user("Describe a pet."), response_format: zodResponseFormat(Pet, "pet") };
  assert.deepEqual((await chats.parse(pet)).choices[0].message.parsed, { kind: "cat", legs: 4 });
  assert.deepEqual((await chats.stream(pet).finalMessage()).parsed, { kind: "cat", legs: 4 });
}
console.log("all held");
