// What happens to the conversation that is shown, and to the answer under way. No nodes: others show it.

import { Answer } from "./answer.js";
import { Conversation } from "./conversation.js";
import { underWay } from "./status.js";

/** A growing answer is kept this often, with the number of its last event, so that a closed tab loses nothing. */
const KEEP_EVERY_MS = 500;

/**
 * Emits "shown" (other turns are to be seen), "answer" (one begins, changes or is over), "text" (one grows), "listed"
 * (conversations have changed), "problem" (detail: words, "" for none) and "returned" (detail: a question that nothing
 * answered).
 */
export class Chat extends EventTarget {
  conversation = Conversation.fresh();
  /** The answer under way, or null. It may belong to another conversation than the one shown. */
  answer = null;

  #line;
  #server;
  #parameters;
  #store = null;
  #keptAt = 0;

  constructor(line, server, parameters) {
    super();
    this.#line = line;
    this.#server = server;
    this.#parameters = parameters;
    line.addEventListener("message", ({ detail }) => this.#take(detail));
    line.addEventListener("state", ({ detail: { state } }) => this.answer?.connection(state));
  }

  /** From now on conversations are kept here. */
  keepIn(store) {
    this.#store = store;
  }

  /** Shows a conversation that is kept; an answer in it that a closed page left behind goes on. */
  async open(id) {
    if (this.answer?.conversation.record.id === id) {
      this.#show(this.answer.conversation);
      return;
    }
    const kept = await this.#store.load(id);
    if (!kept) return;
    this.#show(new Conversation(kept.record, kept.turns));
    const left = kept.turns.find(underWay);
    if (left && !this.answer) this.#takeUp(left);
  }

  /** Begins another. */
  fresh() {
    this.#show(Conversation.fresh());
  }

  /** Asks below the last turn that is shown. */
  send(text) {
    return this.#askNew(this.conversation.path().at(-1)?.id ?? "", text);
  }

  /** Asks differently: a branch beside the question. */
  edit(question, text) {
    return this.#askNew(question.parent, text);
  }

  /** Another answer beside this one, or the first to a question that has none. */
  regenerate(turn) {
    return this.#ask(turn.role === "user" ? turn : this.conversation.turns.get(turn.parent));
  }

  choose(turn) {
    this.conversation.choose(turn);
    this.#keep(() => this.#store.save(this.conversation.record));
    this.#tell("shown");
  }

  stop() {
    this.answer?.stop();
  }

  /** The answer under way, if it belongs to this conversation, is nobody's any more. */
  forget(id) {
    if (id && this.answer?.conversation.record.id !== id) return;
    if (this.answer) this.answer.forgotten = true;
    this.stop();
  }

  #askNew(parent, text) {
    if (this.answer || !this.#line.open) return;
    const question = this.conversation.add(parent, "user", text);
    return this.#ask(question);
  }

  async #ask(question) {
    if (this.answer || !this.#line.open) return;
    const { conversation } = this;
    const turn = conversation.add(question.id, "assistant", "");
    turn.status = "asked";
    const answer = this.#begin(turn);
    this.#tell("problem", "");
    this.#keep(() => this.#store.save(conversation.record, [question, turn]));
    this.#tell("listed");
    this.#tell("shown");
    const request = {
      type: "response.create",
      input: conversation.inputFor(question),
      ...(this.#server.model && { model: this.#server.model }),
      ...this.#parameters.fields,
    };
    const most = Math.min(this.#parameters.longest, await this.#server.room(request));
    if (most < Infinity) request.max_output_tokens = most;
    answer.ask(request);
  }

  #takeUp(turn) {
    const answer = this.#begin(turn);
    answer.connection("closed");
    if (this.#line.open) answer.connection("open");
  }

  #begin(turn) {
    const answer = new Answer(this.#line, turn);
    answer.conversation = this.conversation;
    this.answer = answer;
    this.#keptAt = -Infinity; // Its first words are kept at once.
    for (const growing of ["text", "thoughts"]) {
      answer.addEventListener(growing, ({ detail }) => {
        this.#tell(growing, detail);
        this.#keepGrowing(turn);
      });
    }
    answer.addEventListener("changed", () => this.#tell("answer"));
    answer.addEventListener("aside", ({ detail }) => this.#tell("problem", detail));
    answer.addEventListener("over", () => this.#over(answer));
    this.#tell("answer");
    return answer;
  }

  #take(event) {
    if (this.answer) this.answer.take(event);
    else if (event.type === "error") this.#complain(event.error);
  }

  #complain({ code, message }) {
    if (code === "websocket_connection_limit_reached") this.#line.reconnect(); // It has had its time.
    // A response.cancel that came too late is nothing to tell of.
    else if (code !== "response_not_found") this.#tell("problem", message);
  }

  #over({ turn, problem, conversation, forgotten }) {
    this.answer = null;
    if (!forgotten) {
      if (turn.text || turn.thoughts) this.#keep(() => this.#store.save(conversation.record, [turn]));
      else this.#takeBack(conversation, turn);
      if (problem) this.#tell("problem", problem);
    }
    this.#tell("answer");
  }

  /** Nothing was answered: the question goes, too, unless it has other answers, and is given back. */
  #takeBack(conversation, turn) {
    conversation.remove(turn);
    this.#keep(() => this.#store.removeTurn(conversation.record, turn.id));
    const question = conversation.turns.get(turn.parent);
    const alone = ![...conversation.turns.values()].some(({ parent }) => parent === question.id);
    if (alone && conversation === this.conversation) {
      const returned = new CustomEvent("returned", { detail: question.text, cancelable: true });
      // Whoever has no place for it leaves it where it is.
      if (this.dispatchEvent(returned)) {
        conversation.remove(question);
        const empty = conversation.turns.size === 0;
        this.#keep(() => (empty ? this.#store.remove(conversation.record.id) : this.#store.removeTurn(conversation.record, question.id)));
      }
    }
    this.#tell("listed");
    this.#tell("shown");
  }

  #keepGrowing(turn) {
    if (performance.now() - this.#keptAt < KEEP_EVERY_MS) return;
    this.#keptAt = performance.now();
    if (!this.answer.forgotten) this.#keep(() => this.#store.grow(turn));
  }

  async #keep(write) {
    if (!this.#store) return;
    try {
      await write();
    } catch (failed) {
      this.#tell("problem", `This browser could not keep the conversation: ${failed?.message ?? "it gave no reason"}`);
    }
  }

  #show(conversation) {
    this.conversation = conversation;
    this.#tell("problem", "");
    this.#tell("shown");
    this.#tell("answer");
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
