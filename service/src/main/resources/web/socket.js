// The socket at /v1/responses: one JSON event a message, reconnecting by itself. See docs/websocket.md.

import { Backoff } from "./backoff.js";

/** What has not opened by then never will: something on the way swallows it. */
const OPEN_WITHIN_MS = 10_000;

/** Emits "state" ({state, retryInMs}) and "message" ({event}). States: connecting, open, closed. */
export class ResponsesSocket extends EventTarget {
  #url;
  #socket = null;
  #waits = new Backoff(500, 15_000);
  #timer = 0;
  #stopped = false;
  #protocols;

  /** `protocols` gives what each connection offers: a browser's only way to show a key. */
  constructor(url, protocols = () => []) {
    super();
    this.#url = url;
    this.#protocols = protocols;
    // A laptop that wakes up should not wait out a long backoff.
    addEventListener("online", () => this.#connectNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#connectNow();
    });
  }

  connect() {
    this.#stopped = false;
    this.#tell("connecting");
    const socket = new WebSocket(this.#url, this.#protocols());
    this.#socket = socket;
    const swallowed = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(swallowed);
      this.#waits.reset();
      this.#tell("open");
    };
    socket.onmessage = (message) => {
      this.dispatchEvent(new CustomEvent("message", { detail: JSON.parse(message.data) }));
    };
    socket.onclose = () => {
      clearTimeout(swallowed);
      if (this.#stopped) return;
      const wait = this.#waits.next();
      this.#timer = setTimeout(() => this.connect(), wait);
      this.#tell("closed", wait);
    };
  }

  get stopped() {
    return this.#stopped;
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(event) {
    this.#socket.send(JSON.stringify(event));
  }

  /** Drops this connection, and whatever is still under way on it, for a new one. */
  reconnect() {
    this.#socket?.close();
  }

  /** Gives up, until connect() is called. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connectNow() {
    if (!this.#stopped && this.#socket?.readyState === WebSocket.CLOSED) {
      clearTimeout(this.#timer);
      this.connect();
    }
  }

  #tell(state, retryInMs = 0) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, retryInMs } }));
  }
}
