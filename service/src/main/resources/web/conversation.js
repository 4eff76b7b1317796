// A conversation is a tree of turns: an answer asked for again, or a question put differently, is a branch beside the first.
// Data only; store.js keeps it and log.js shows it.

const TITLE_LENGTH = 60;

/** A name that nobody else has. Not crypto.randomUUID, which pages over plain HTTP lack. */
export function freshId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Conversation {
  /** `record`: id, title, created, updated, and chosen, which child of a turn ("" for the beginning) is shown. */
  constructor(record, turns = []) {
    this.record = record;
    this.turns = new Map(turns.map((turn) => [turn.id, turn]));
  }

  static fresh() {
    const now = Date.now();
    return new Conversation({ id: freshId(), title: "", created: now, updated: now, chosen: {} });
  }

  /** A new turn below `parent` ("" for the beginning), shown from now on. */
  add(parent, role, text) {
    const turn = { id: freshId(), conversation: this.record.id, parent, role, text, at: Date.now(), status: "done" };
    this.turns.set(turn.id, turn);
    this.record.chosen[parent] = turn.id;
    this.record.updated = turn.at;
    this.record.title ||= titleOf(text);
    return turn;
  }

  /** Takes a turn away that nothing followed. */
  remove(turn) {
    this.turns.delete(turn.id);
    const left = this.siblings(turn);
    if (left.length) this.record.chosen[turn.parent] = left.at(-1).id;
    else delete this.record.chosen[turn.parent];
  }

  /** The turns beside this one, itself among them, oldest first. */
  siblings(turn) {
    return [...this.turns.values()].filter(({ parent }) => parent === turn.parent).sort((a, b) => a.at - b.at);
  }

  /** Shows this turn in place of those beside it. */
  choose(turn) {
    this.record.chosen[turn.parent] = turn.id;
  }

  /** The turns that are shown, first to last. */
  path() {
    const path = [];
    let turn = this.turns.get(this.record.chosen[""]);
    while (turn) {
      path.push(turn);
      turn = this.turns.get(this.record.chosen[turn.id]);
    }
    return path;
  }

  /** What a model is given before it answers `question`: everything above it, and it. */
  inputFor(question) {
    const input = [];
    for (let turn = question; turn; turn = this.turns.get(turn.parent)) {
      if (turn.text) input.unshift({ role: turn.role, content: turn.text });
    }
    return input;
  }
}

function titleOf(text) {
  const line = text.trim().split("\n")[0];
  const characters = [...line];
  return characters.length > TITLE_LENGTH ? `${characters.slice(0, TITLE_LENGTH - 1).join("").trimEnd()}…` : line;
}
