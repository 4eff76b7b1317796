// One answer, from the request to its end, over lost connections and servers that leave, where another goes on. What it is worth
// to others it writes into its turn: text, thoughts, status, why, response (its id), sequence (the last event's number), meta and usage.

import { Backoff } from "./backoff.js";
import { Pace } from "./pace.js";
import { refusal } from "./refusal.js";
import { STOPPED, endOf, underWay } from "./status.js";

const CUT_EARLY = "The connection was lost before the answer began.";
const GAP = "A part of this answer was lost on the way, so it ends here.";
const SHUT_DOWN = "The server shuts down and hands this answer on";
/** So often it is asked again for what is missing, and for an answer that is refused, without a single new event before it is given up. */
const PATIENCE = 3;
const TRIES = 12;

/**
 * Emits "text" and "thoughts" (detail: what was added), "changed" (status or figures), "aside" (detail: words) and, last, "over". Statuses: those
 * of status.js. `problem` says what there is to tell of its end.
 */
export class Answer extends EventTarget {
  problem = "";
  #line;
  #pace = new Pace();
  #waits = new Backoff(1_000, 30_000);
  #timer = 0;
  #interruption = "a lost connection";
  #holes = 0;
  #sent = false;
  #stopping = false;

  constructor(line, turn) {
    super();
    this.#line = line;
    this.turn = turn;
  }

  /** Sends the request, unless the answer was stopped or lost meanwhile. */
  ask(request) {
    if (this.over) return;
    this.#sent = true;
    this.turn.model = request.model;
    this.#line.send(request);
  }

  get over() {
    return !underWay(this.turn);
  }

  stop() {
    this.#stopping = true;
    const { status, response } = this.turn;
    if (status === "lost" || !this.#sent) this.#end(...STOPPED);
    else if (response) this.#line.send({ type: "response.cancel", response_id: response });
  }

  /** The connection's state has changed. */
  connection(state) {
    if (this.over) return;
    if (state === "closed") {
      if (!this.turn.response) this.#fail("cut", CUT_EARLY);
      else if (this.#stopping) this.#end(...STOPPED);
      else if (!this.#timer) this.#lost();
    } else if (state === "open" && this.turn.status === "lost" && !this.#timer) {
      this.#resume();
    }
  }

  /** An event of the server. */
  take(event) {
    if (event.type === "error") return this.#refused(event);
    // A notice, not one of its events: it says where the answer goes on.
    if (event.type === "response.incomplete" && event.resume) return this.#handedOn(event.resume);
    if (!this.#next(event)) return;
    switch (event.type) {
      case "response.created":
        this.turn.response = event.response.id;
        this.#is("streaming");
        if (this.#stopping) this.stop();
        break;
      case "response.output_text.delta":
        this.#push("text", event.delta);
        break;
      case "response.reasoning_text.delta":
        this.#push("thoughts", event.delta);
        break;
      case "response.completed":
        this.#finish(event.response, "done", "");
        break;
      case "response.incomplete":
        this.#finish(event.response, ...endOf(event.response.incomplete_details?.reason ?? ""));
        break;
      case "response.failed":
        this.#fail("failed", event.response.error.message);
        break;
    }
  }

  /** Goes on after the last event that arrived, on this connection or an earlier one. */
  #resume() {
    this.#sent = true;
    this.#pace.interrupted();
    this.#is("resuming");
    this.#line.send({ type: "response.resume", response_id: this.turn.response, starting_after: this.turn.sequence });
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
    this.#holes = 0;
    this.#waits.reset();
    if (this.turn.status === "resuming") {
      this.#pace.resumedAfter = this.#interruption;
      this.#is("streaming");
    }
    return true;
  }

  /** Events are missing: a new connection, on which nothing is under way, asks for them. */
  #hole() {
    if (this.turn.response && this.#holes++ < PATIENCE) this.#lost();
    else this.#fail("cut", GAP);
    this.#line.reconnect();
  }

  /** The server leaves, and the one after it goes on. */
  #handedOn({ response_id: response }) {
    if (this.turn.status === "lost") return;
    if (response) this.turn.response = response;
    this.#interruption = "the server shut down";
    this.#later(SHUT_DOWN, true);
  }

  #refused(event) {
    const { message, code } = event.error;
    const { status, response } = this.turn;
    if (code === "websocket_connection_limit_reached" && response) {
      this.#lost();
      this.#line.reconnect();
    } else if (status === "resuming" && this.#stopping) {
      this.#end(...STOPPED);
    } else if (status === "resuming") {
      const { final, why, anew, leastMs } = refusal(event);
      if (!final && this.#waits.tries < TRIES) this.#later(why, anew, leastMs);
      else this.#fail("cut", `The connection was lost, and the answer could not be resumed: ${message}`);
    } else if (!response) {
      this.#fail("failed", message);
    } else if (code !== "response_not_found") {
      this.dispatchEvent(new CustomEvent("aside", { detail: message }));
    }
  }

  #lost() {
    if (this.turn.status !== "lost") this.#interruption = "a lost connection";
    this.#is("lost");
  }

  /** Asks again after a wait that grows; `anew`: on a new connection. */
  #later(why, anew, leastMs = 0) {
    const wait = this.#waits.next(leastMs);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#line.open && !anew) return this.#resume();
      this.#is("lost");
      if (this.#line.open) this.#line.reconnect();
    }, wait);
    this.#is("lost", `${why}: trying again in ${Math.ceil(wait / 1000)} s`);
  }

  /** `member` of the turn: its text, or its thoughts. */
  #push(member, delta) {
    this.#pace.piece();
    this.turn[member] = (this.turn[member] ?? "") + delta;
    this.turn.tokens = (this.turn.tokens ?? 0) + 1;
    this.turn.meta = this.#pace.words(this.turn, "");
    this.dispatchEvent(new CustomEvent(member, { detail: delta }));
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
    clearTimeout(this.#timer);
    this.turn.meta = this.#pace.words(this.turn, ending);
    Object.assign(this.turn, { status, why: "" });
    this.dispatchEvent(new Event("over"));
  }

  #is(status, why = "") {
    Object.assign(this.turn, { status, why });
    this.dispatchEvent(new Event("changed"));
  }
}
