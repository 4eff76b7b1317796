// Completes, chats and streams with OpenAI's JavaScript client: client.mjs BASE_URL MODEL. Prints one line per check.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { check } from "./checks.mjs";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });

const models = [];
for await (const entry of client.models.list()) models.push(entry.id);
check("models", models.includes(model));

const complete = { model, prompt: "Once upon a time", max_tokens: 12, seed: 1, temperature: 0 };
const whole = await client.completions.create(complete);
let text = "";
let usage;
const pieces = await client.completions.create({ ...complete, stream: true, stream_options: { include_usage: true } });
for await (const piece of pieces) {
  text += piece.choices[0]?.text ?? "";
  usage = piece.usage ?? usage;
}
check("completion streamed", text === whole.choices[0].text);
check("completion usage", usage.total_tokens === whole.usage.total_tokens);

const messages = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
const chat = { model, messages, max_completion_tokens: 12, seed: 1, temperature: 0 };
const answer = await client.chat.completions.create(chat);
check("chat", answer.choices[0].message.role === "assistant");
const stream = client.chat.completions.stream(chat);
text = "";
stream.on("content", (delta) => (text += delta));
const final = await stream.finalChatCompletion();
check("chat streamed", text === answer.choices[0].message.content && final.choices[0].message.content === text);

const left = await client.chat.completions.create({ model, messages, stream: true });
for await (const chunk of left) break;
check("chat left", true);

try {
  await client.chat.completions.create({ model: "nothing", messages });
  check("unknown model", false);
} catch (error) {
  check("unknown model", error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
}
