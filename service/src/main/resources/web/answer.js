// One answer on the socket, from the request to its end, over lost connections where the server can go on. What it is worth
// to others it writes into its turn: text, status, response (its id), sequence (the last event's number), meta and usage.

/** Why an answer ended early, in words. */
const ENDINGS = {
  max_output_tokens: "stopped at the token limit",
  cancelled: "stopped",
  draining: "cut off: the server is shutting down",
};

const EARLY = { cancelled: "stopped", draining: "cut" };

const CUT_EARLY = "The connection was lost before the answer began.";
const GAP = "A part of this answer was lost on the way, so it ends here.";
/** So often it is asked for the rest without a single new event before it is given up. */
const PATIENCE = 3;

/**
 * Emits "text" (detail: what was added), "changed" (status or figures) and, last, "over". Statuses: asked, streaming, lost,
 * resuming; then done, stopped, cut or failed. `problem` says what there is to tell of its end.
 */
export class Answer extends EventTarget {
  problem = "";
  #socket;
  #deltas = 0;
  #sentAt = performance.now();
  #firstAt = 0;
  #resumed = false;
  #fruitless = 0;
  #sent = false;
  #stopping = false;

  constructor(socket, turn) {
    super();
    this.#socket = socket;
    this.turn = turn;
  }

  /** Sends the request, unless the answer was stopped or lost meanwhile. */
  ask(request) {
    if (this.over) return;
    this.#sent = true;
    this.turn.model = request.model;
    this.#socket.send(request);
  }

  /** For an answer of an earlier visit, or of a connection that was lost: goes on after the last event that arrived. */
  resume() {
    this.#sent = true;
    this.turn.status = "resuming";
    this.#fruitless++;
    this.#firstAt = 0; // Its pace was the connection's.
    this.#socket.send({ type: "response.resume", response_id: this.turn.response, starting_after: this.turn.sequence });
    this.#changed();
  }

  get over() {
    return ["done", "stopped", "cut", "failed"].includes(this.turn.status);
  }

  stop() {
    this.#stopping = true;
    const { status, response } = this.turn;
    if (status === "lost" || !this.#sent) this.#end("stopped", ENDINGS.cancelled);
    else if (response) this.#socket.send({ type: "response.cancel", response_id: response });
  }

  /** The connection's state has changed. */
  connection(state) {
    if (this.over) return;
    if (state === "closed") {
      if (!this.turn.response) this.#fail("cut", CUT_EARLY);
      else this.#is("lost");
    } else if (state === "open" && this.turn.status === "lost") {
      this.resume();
    }
  }

  /** An event of the socket. */
  take(event) {
    if (event.type === "error") return this.#refused(event.error);
    if (!this.#next(event)) return;
    switch (event.type) {
      case "response.created":
        this.turn.response = event.response.id;
        this.#is("streaming");
        if (this.#stopping) this.stop();
        break;
      case "response.output_text.delta":
        this.#push(event.delta);
        break;
      case "response.completed":
        this.#finish(event.response, "done", "");
        break;
      case "response.incomplete": {
        const reason = event.response.incomplete_details?.reason ?? "";
        this.#finish(event.response, EARLY[reason] ?? "done", ENDINGS[reason] ?? reason);
        break;
      }
      case "response.failed":
        this.#fail("failed", event.response.error.message);
        break;
    }
  }

  /** Whether this event is the next one: those that came before the connection was lost may come again. */
  #next({ sequence_number: number }) {
    if (this.turn.status === "lost") return false;
    if (number === undefined) return true;
    const last = this.turn.sequence ?? -1;
    if (number <= last) return false;
    if (number > last + 1) {
      this.#hole();
      return false;
    }
    this.turn.sequence = number;
    this.#fruitless = 0;
    if (this.turn.status === "resuming") {
      this.#resumed = true;
      this.#is("streaming");
    }
    return true;
  }

  /** Events are missing: a new connection, on which nothing is under way, asks for them. */
  #hole() {
    if (this.turn.response && this.#fruitless < PATIENCE) this.#is("lost");
    else this.#fail("cut", GAP);
    this.#socket.reconnect();
  }

  #refused({ message, code }) {
    if (this.turn.status === "resuming") this.#fail("cut", `The connection was lost, and the answer could not be resumed: ${message}`);
    else if (!this.turn.response) this.#fail("failed", message);
    else if (code !== "response_not_found") this.dispatchEvent(new CustomEvent("aside", { detail: message }));
  }

  #push(delta) {
    if (this.#deltas++ === 0 && !this.#resumed) this.#firstAt = performance.now();
    this.turn.text += delta;
    this.turn.tokens = (this.turn.tokens ?? 0) + 1;
    this.#measure("");
    this.dispatchEvent(new CustomEvent("text", { detail: delta }));
  }

  /** A delta is a token in most cases; the count is exact once the usage is known. */
  #measure(ending) {
    const { tokens = 0, usage } = this.turn;
    const parts = [];
    if (this.#firstAt) {
      parts.push(`${((this.#firstAt - this.#sentAt) / 1000).toFixed(2)} s to first token`);
      const seconds = (performance.now() - this.#firstAt) / 1000;
      if (tokens > 1 && seconds > 0) parts.push(`${((tokens - 1) / seconds).toFixed(1)} tokens/s`);
    }
    parts.push(`${tokens} ${tokens === 1 ? "token" : "tokens"}`);
    const cached = usage?.input_tokens_details?.cached_tokens;
    if (cached) parts.push(`${cached} of ${usage.input_tokens} prompt tokens cached`);
    if (this.#resumed) parts.push("resumed after a lost connection");
    if (ending) parts.push(ending);
    this.turn.meta = parts.join(" · ");
  }

  #finish(response, status, ending) {
    if (response.usage) {
      this.turn.usage = response.usage;
      this.turn.tokens = response.usage.output_tokens;
    }
    this.#end(status, ending);
  }

  #fail(status, message) {
    this.problem = message;
    this.#end(status, status === "cut" ? "cut off" : "failed");
  }

  #end(status, ending) {
    this.turn.status = status;
    this.#measure(ending);
    this.dispatchEvent(new Event("over"));
  }

  #is(status) {
    this.turn.status = status;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("changed"));
  }
}
