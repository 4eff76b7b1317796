// Drives the WebSocket with OpenAI's JavaScript client; run by ResponsesClientsTest.
//   node responses.mjs CLIENTS_DIR BASE_URL EXPECTED_ANSWER

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const [clients, base, expected] = process.argv.slice(2);
const require = createRequire(path.resolve(clients) + "/");
const { OpenAI } = require("openai");
const { ResponsesWS } = require("openai/resources/responses/ws");

const socket = new ResponsesWS(new OpenAI({ baseURL: `${base}/v1`, apiKey: "none" }));
const errors = [];
socket.on("error", (error) => errors.push(error));

function answer(request) {
  return new Promise((resolve) => {
    let text = "";
    const listen = (event) => {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (["response.completed", "response.incomplete", "response.failed", "error"].includes(event.type)) {
        socket.off("event", listen);
        resolve({ text, last: event });
      }
    };
    socket.on("event", listen);
    socket.send({ type: "response.create", ...request });
  });
}

for (let turn = 0; turn < 2; turn++) {
  const { text, last } = await answer({ input: [{ role: "user", content: "hello" }] });
  assert.equal(last.type, "response.completed");
  assert.equal(text, expected);
  assert.equal(last.response.output[0].content[0].text, expected);
}
const short = await answer({ input: "hello", max_output_tokens: 2 });
assert.equal(short.last.type, "response.incomplete");
assert.equal(short.last.response.incomplete_details.reason, "max_output_tokens");
assert.equal(errors.length, 0);

const refused = await answer({ input: "hello", previous_response_id: "resp_1" });
assert.equal(refused.last.type, "error");
assert.equal(errors.length, 1);
assert.match(errors[0].message, /previous_response_id/);

socket.close();
console.log("all held");
