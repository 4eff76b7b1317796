// The page: a conversation over one socket. The model's text only ever becomes a text node, so it is inert.

import { ResponsesSocket } from "/responses.js";

const element = (id) => document.getElementById(id);
const prompt = element("prompt");
const log = element("log");

/** The key, where the server asks for one: in this tab only. */
let key = remembered();

const socket = new ResponsesSocket(
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/responses`,
  () => (key ? ["responses", `openai-insecure-api-key.${key}`] : []),
);

/** Turns that the model has seen, as input items; sent whole with every message. */
let history = [];
/** The answer under way, or null. */
let answer = null;
let model = "";

/** Fingers have no Shift+Enter, so there Enter starts a line and the button sends. */
const touch = matchMedia("(pointer: coarse) and (hover: none)");

const ENDINGS = { max_output_tokens: "stopped at the token limit", cancelled: "stopped" };

/* ---- one answer ---- */

class Answer {
  id = "";
  #question;
  #text = "";
  #unshown = "";
  #frame = 0;
  #deltas = 0;
  #sentAt = performance.now();
  #firstAt = 0;
  #asked = false;
  #stopping = false;
  #discarded = false;

  constructor(question) {
    this.#question = question;
    this.turn = addTurn("answer", "");
    this.turn.setAttribute("aria-busy", "true");
    this.node = this.turn.querySelector(".text").appendChild(document.createTextNode(""));
    this.meta = this.turn.appendChild(document.createElement("p"));
    this.meta.className = "meta";
    this.meta.setAttribute("aria-live", "off");
    this.meta.textContent = "Waiting for the first token";
  }

  started(id) {
    this.id = id;
    if (this.#stopping) this.stop();
  }

  stop() {
    this.#stopping = true;
    if (this.id) socket.send({ type: "response.cancel", response_id: this.id });
    else if (!this.#asked) this.end(null, ENDINGS.cancelled);
  }

  /** Sends the request, unless the answer was stopped or lost meanwhile. */
  ask(request) {
    if (answer !== this) return;
    this.#asked = true;
    socket.send(request);
  }

  /** For a new chat: what still comes of it is dropped. */
  discard() {
    this.#discarded = true;
    this.stop();
  }

  push(delta) {
    if (this.#deltas++ === 0) this.#firstAt = performance.now();
    this.#text += delta;
    this.#unshown += delta;
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  #show() {
    this.#frame = 0;
    const follow = atEnd();
    this.node.appendData(this.#unshown);
    this.#unshown = "";
    this.#measure(this.#deltas, "");
    if (follow) scrollToEnd();
  }

  /** A delta is a token in most cases; the count is exact once the usage is known. */
  #measure(tokens, ending) {
    const parts = [];
    if (this.#firstAt) {
      parts.push(`${((this.#firstAt - this.#sentAt) / 1000).toFixed(2)} s to first token`);
      const seconds = (performance.now() - this.#firstAt) / 1000;
      if (tokens > 1 && seconds > 0) parts.push(`${((tokens - 1) / seconds).toFixed(1)} tokens/s`);
    }
    parts.push(`${tokens} ${tokens === 1 ? "token" : "tokens"}`);
    if (ending) parts.push(ending);
    this.meta.textContent = parts.join(" · ");
  }

  /** The answer is over; what there is of it stays in the conversation. */
  end(response, ending) {
    answer = null;
    refresh();
    cancelAnimationFrame(this.#frame);
    if (this.#discarded) return;
    this.#show();
    this.#measure(response?.usage?.output_tokens ?? this.#deltas, ending);
    this.turn.setAttribute("aria-busy", "false");
    if (this.#text) {
      history.push({ role: "user", content: this.#question }, { role: "assistant", content: this.#text });
    } else {
      // Nothing was answered: the question goes back into the box, if that is free, and stays above if it is not.
      const asked = this.turn.previousElementSibling;
      this.turn.remove();
      if (!prompt.value) {
        prompt.value = this.#question;
        asked.remove();
        element("welcome").hidden = log.childElementCount > 0;
      }
      refresh();
    }
  }

  fail(message, ending) {
    if (!this.#discarded) warn(message);
    this.end(null, ending);
  }
}

/* ---- the page ---- */

function addTurn(kind, text) {
  element("welcome").hidden = true;
  const turn = document.createElement("article");
  turn.className = `turn ${kind}`;
  turn.setAttribute("aria-label", kind === "user" ? "You" : "Answer");
  const body = turn.appendChild(document.createElement("div"));
  body.className = "text";
  body.textContent = text;
  log.append(turn);
  return turn;
}

/** Says what went wrong until the next message is sent. */
function warn(message) {
  const problem = element("problem");
  problem.textContent = message;
  problem.hidden = message === "";
}

const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
const scrollToEnd = () => scrollTo(0, document.documentElement.scrollHeight);

/** Puts the buttons and the box in line with the state. */
function refresh() {
  element("send").hidden = answer !== null;
  element("stop").hidden = answer === null;
  element("send").disabled = !socket.open || prompt.value.trim() === "";
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

async function send() {
  const text = prompt.value.trim();
  if (!text || answer || !socket.open) return;
  const maxTokens = element("max-tokens");
  if (!maxTokens.checkValidity()) {
    showSettings(true);
    maxTokens.reportValidity();
    return;
  }
  const request = {
    type: "response.create",
    input: [...history, { role: "user", content: text }],
    temperature: element("temperature").valueAsNumber,
  };
  if (model) request.model = model;
  const instructions = element("instructions").value.trim();
  if (instructions) request.instructions = instructions;
  const wanted = maxTokens.value ? maxTokens.valueAsNumber : Infinity;
  warn("");
  addTurn("user", text);
  const mine = new Answer(text);
  answer = mine;
  prompt.value = "";
  refresh();
  scrollToEnd();
  const most = Math.min(wanted, await room(request));
  if (most < Infinity) request.max_output_tokens = most;
  mine.ask(request);
}

/**
 * How many tokens an answer may have in what the context leaves. Infinity leaves it to the server: also where nothing is
 * left or the prompt cannot be laid out, since its refusal says why.
 */
async function room({ model, input, instructions }) {
  const messages = instructions ? [{ role: "system", content: instructions }, ...input] : input;
  try {
    const reply = await fetch("/tokenize", {
      method: "POST",
      headers: withKey({ "Content-Type": "application/json" }),
      body: JSON.stringify({ model, messages }),
    });
    if (!reply.ok) return Infinity;
    const { count, max_model_len: context } = await reply.json();
    return count < context ? context - count : Infinity;
  } catch {
    return Infinity; // The connection is lost; the socket will say so.
  }
}

function showSettings(shown) {
  element("settings").hidden = !shown;
  element("settings-toggle").setAttribute("aria-expanded", String(shown));
}

socket.addEventListener("message", ({ detail: event }) => {
  if (!answer) {
    // A response.cancel that came too late is nothing to tell of.
    if (event.type === "error" && event.error.code !== "response_not_found") warn(event.error.message);
    return;
  }
  switch (event.type) {
    case "response.created":
      answer.started(event.response.id);
      break;
    case "response.output_text.delta":
      answer.push(event.delta);
      break;
    case "response.completed":
      answer.end(event.response, "");
      break;
    case "response.incomplete": {
      const reason = event.response.incomplete_details?.reason ?? "";
      answer.end(event.response, ENDINGS[reason] ?? reason);
      break;
    }
    case "response.failed":
      answer.fail(event.response.error.message, "failed");
      break;
    case "error":
      if (answer.id) warn(event.error.message);
      else answer.fail(event.error.message, "");
      break;
  }
});

socket.addEventListener("state", ({ detail: { state, retryInMs } }) => {
  const words = { connecting: "Connecting", open: "Connected" };
  element("state").dataset.state = state;
  element("state-words").textContent = words[state] ?? `Disconnected, trying again in ${Math.ceil(retryInMs / 1000)} s`;
  if (state === "closed") answer?.fail("The connection was lost, so the answer ends here.", "interrupted");
  if (state === "closed" || (state === "open" && !model)) loadModel(); // A socket is not told why it was refused; this is.
  refresh();
});

async function loadModel() {
  let reply;
  try {
    reply = await fetch("/v1/models", { headers: withKey({}) });
    if (reply.ok) {
      model = (await reply.json()).data[0].id;
      element("model").textContent = model;
      element("model").title = model;
      document.title = `${model} · Tramontane`;
    }
  } catch {
    if (!model) element("model").textContent = "The list of models could not be read.";
    return;
  }
  if (reply.status === 401) askForKey();
}

/* ---- the key ---- */

function withKey(headers) {
  return key ? { ...headers, Authorization: `Bearer ${key}` } : headers;
}

function remembered() {
  try {
    return sessionStorage.getItem("key") ?? "";
  } catch {
    return ""; // Storage is forbidden here; then a key lives as long as the page.
  }
}

function remember() {
  try {
    sessionStorage.setItem("key", key);
  } catch {
    // As above.
  }
}

function askForKey() {
  socket.stop();
  if (key) element("key-words").textContent = "The server does not take this key, or not any more. Its operator gives out keys.";
  element("state").dataset.state = "closed";
  element("state-words").textContent = "No key";
  element("welcome").hidden = true;
  element("key-form").hidden = false;
  element("key").focus();
}

element("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = element("key").value;
  element("key").value = "";
  remember();
  element("key-form").hidden = true;
  element("welcome").hidden = log.childElementCount > 0;
  socket.connect();
  prompt.focus();
});

element("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
element("settings").addEventListener("submit", (event) => event.preventDefault());
prompt.addEventListener("input", refresh);
prompt.addEventListener("keydown", (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch.matches) {
    event.preventDefault();
    send();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") answer?.stop();
});
element("stop").addEventListener("click", () => {
  answer?.stop();
  prompt.focus();
});
element("new-chat").addEventListener("click", () => {
  answer?.discard();
  history = [];
  log.replaceChildren();
  warn("");
  element("welcome").hidden = false;
  prompt.focus();
  refresh();
});
element("settings-toggle").addEventListener("click", () => showSettings(element("settings").hidden));
element("temperature").addEventListener("input", (event) => {
  element("temperature-value").textContent = event.target.valueAsNumber.toFixed(1);
});

refresh();
socket.connect();
