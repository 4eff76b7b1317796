// The socket's stand-in over HTTP, for networks that let no WebSocket through: the same messages to the server, the same events and states
// from it. Each answer is a stream of its own. See docs/http.md.

import { Backoff } from "./backoff.js";
import { eventsOf } from "./sse.js";

/** With one of these an answer is over, and so is its stream. */
const LAST = ["response.completed", "response.incomplete", "response.failed"];

/** Emits "state" and "message", as ResponsesSocket does. Open is one whose server has been reached and has not been lost since. */
export class ResponsesHttp extends EventTarget {
  open = false;
  #server;
  #waits = new Backoff(500, 15_000);
  #timer = 0;
  /** Ends what is read on what stands for a connection. */
  #reading = new AbortController();
  #stopped = true;

  constructor(server) {
    super();
    this.#server = server;
    addEventListener("online", () => this.#connectNow());
  }

  async connect() {
    this.#stopped = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#tell("connecting");
    const reading = new AbortController();
    this.#reading = reading;
    const ready = await this.#server.ready();
    if (reading.signal.aborted) return;
    if (!ready) return this.#lost(reading);
    this.open = true;
    this.#waits.reset();
    this.#tell("open");
  }

  send({ type, response_id: id, starting_after: after, ...fields }) {
    const path = `/v1/responses/${encodeURIComponent(id)}`;
    if (type === "response.cancel") this.#cancel(`${path}/cancel`);
    else if (type === "response.resume") this.#read((signal) => this.#server.get(`${path}?stream=true${after === undefined ? "" : `&starting_after=${after}`}`, signal));
    else this.#read((signal) => this.#server.post("/v1/responses", { ...fields, stream: true }, signal));
  }

  reconnect() {
    this.#lost(this.#reading);
  }

  stop() {
    this.#stopped = true;
    this.open = false;
    clearTimeout(this.#timer);
    this.#reading.abort();
  }

  /** Hands on the events of one stream. */
  async #read(ask) {
    const reading = this.#reading;
    const { signal } = reading;
    try {
      const reply = await ask(signal);
      if (reply.status === 401) return this.#lost(reading); // Whoever meets the server anew asks for the key.
      if (!reply.ok) return this.#emit(await refused(reply));
      for await (const event of eventsOf(reply.body)) {
        if (signal.aborted) return;
        if (!event.type) break; // The stream failed, not the answer: whoever asks for the rest is told why there is none.
        this.#emit(event);
        if (LAST.includes(event.type)) return;
      }
    } catch {
      // The connection broke, which is what the lines below say.
    }
    this.#lost(reading);
  }

  async #cancel(path) {
    try {
      const reply = await this.#server.post(path, {});
      if (!reply.ok) this.#emit(await refused(reply));
    } catch {
      this.#lost(this.#reading);
    }
  }

  #lost(reading) {
    if (this.#stopped || reading.signal.aborted) return;
    reading.abort();
    this.open = false;
    const wait = this.#waits.next();
    this.#timer = setTimeout(() => this.connect(), wait);
    this.#tell("closed", wait);
  }

  #connectNow() {
    if (!this.#stopped && this.#timer) this.connect();
  }

  #emit(event) {
    this.dispatchEvent(new CustomEvent("message", { detail: event }));
  }

  #tell(state, retryInMs = 0) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, retryInMs } }));
  }
}

/** A refusal as the socket would send it; also one that a proxy wrote. */
async function refused(reply) {
  const { status } = reply;
  const headers = { "retry-after": reply.headers.get("Retry-After") ?? "0" };
  try {
    const { error } = await reply.json();
    return { type: "error", status, error: { ...error, headers } };
  } catch {
    return { type: "error", status, error: { code: null, message: `HTTP status ${status}`, headers } };
  }
}
