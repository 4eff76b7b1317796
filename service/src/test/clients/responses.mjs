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
assert.equal(refused.last.error.code, "previous_response_not_found");

// Two lanes side by side: each is told whose events are whose.
const lanes = await new Promise((resolve) => {
  const texts = { planner: "", research: "" };
  let ended = 0;
  socket.on("event", (event) => {
    if (event.type === "response.output_text.delta") texts[event.stream_id] += event.delta;
    if (event.type === "response.completed" && ++ended === 2) resolve(texts);
  });
  for (const lane of Object.keys(texts)) {
    socket.send({ type: "response.create", stream_id: lane, store: false, input: "hello" });
  }
});
assert.deepEqual(lanes, { planner: expected, research: expected });

socket.close();
console.log("all held");
