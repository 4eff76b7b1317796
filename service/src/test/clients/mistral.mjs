// Lists models, chats and streams with Mistral's JavaScript client: mistral.mjs BASE_URL MODEL, or fills gaps: mistral.mjs BASE_URL
// MODEL gaps, of a model that has tokens for it. Prints one line per check.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { check } from "./checks.mjs";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { Mistral } = await import(pathToFileURL(require.resolve("@mistralai/mistralai")));

const [base, model, what] = process.argv.slice(2);
const client = new Mistral({ serverURL: base.replace(/\/v1$/, ""), apiKey: "none" });

if (what === "gaps") {
  const asked = { model, prompt: "def f(", suffix: "return a", maxTokens: 6, randomSeed: 1, temperature: 0 };
  const whole = await client.fim.complete(asked);
  check("gap filled", whole.usage.promptTokens > 3);
  let text = "";
  for await (const event of await client.fim.stream(asked)) text += event.data.choices[0].delta.content ?? "";
  check("gap streamed", text === whole.choices[0].message.content);
  process.exit(0);
}
const [card] = (await client.models.list()).data;
check("models", card.id === model && card.capabilities.completionChat);
check("model", (await client.models.retrieve({ modelId: model })).id === model);
const asked = { model, messages: [{ role: "user", content: "Hello" }], maxTokens: 12, randomSeed: 1, temperature: 0.5 };
const whole = await client.chat.complete(asked);
check("chat", whole.usage.completionTokens <= 12);
let text = "";
for await (const event of await client.chat.stream(asked)) text += event.data.choices[0].delta.content ?? "";
check("chat streamed", text === whole.choices[0].message.content);
try {
  await client.fim.complete({ model, prompt: "def f(", suffix: "return a" });
  check("fim", false);
} catch (error) {
  check("fim", error.statusCode === 400 && error.body.includes("cannot fill a gap"));
}
