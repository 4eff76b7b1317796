// One turn as it is seen: its words, what can be done with it, and below an answer its figures.

import { GrowingMarkdown, showWhole } from "./markdown.js";
import { underWay, words } from "./status.js";
import { ThoughtsView } from "./thoughts.js";

/** What is left of a growing text is shown this long after, if nothing more comes. */
const CATCH_UP_MS = 250;

export class TurnView {
  #markdown = null;
  #thoughts = null;
  #frame = 0;
  #timer = 0;
  #body;
  #meta;
  #actions;

  constructor(turn) {
    this.turn = turn;
    this.node = document.createElement("article");
    this.node.className = `turn ${turn.role === "user" ? "user" : "answer"}`;
    this.node.dataset.turn = turn.id;
    this.#add("h2", "unseen").textContent = turn.role === "user" ? "You" : "Answer";
    this.#body = this.#add("div", "text");
    const foot = this.#add("div", "foot");
    this.#meta = foot.appendChild(document.createElement("p"));
    this.#meta.className = "meta";
    this.#actions = foot.appendChild(document.createElement("div"));
    this.#actions.className = "actions";
    if (turn.role === "user") this.#body.textContent = turn.text;
    else if (this.#busy) this.#grow(turn.text);
    else showWhole(turn.text, this.#body);
    if (turn.thoughts) this.#thoughts = new ThoughtsView(turn.thoughts, this.#body, this.#busy && !turn.text);
  }

  get #busy() {
    return underWay(this.turn);
  }

  /** More of what is thought before the answer; `shown` as below. */
  think(text, shown) {
    if (this.#thoughts) this.#thoughts.push(text, shown);
    else shown(() => (this.#thoughts = new ThoughtsView(text, this.#body, !this.turn.text)));
  }

  /** More of the answer, shown with the next frame at the earliest; `shown` is called whenever it was. */
  push(text, shown) {
    this.#thoughts?.end();
    this.#markdown.append(text);
    clearTimeout(this.#timer);
    if (this.#markdown.due) this.#frame ||= requestAnimationFrame(() => this.#show(shown));
    else this.#timer = setTimeout(() => this.#show(shown), CATCH_UP_MS);
  }

  /** Brings all but the words in line with the turn. `siblings` are those beside it; `free`: nothing is under way. */
  refresh(siblings, free, asked) {
    const { turn } = this;
    if (turn.role === "assistant") {
      this.node.setAttribute("aria-busy", String(this.#busy));
      this.node.dataset.status = turn.status;
      this.#meta.textContent = words(turn) || turn.meta || (this.#busy ? "Waiting for the first token" : "");
      if (!this.#busy) this.#thoughts?.end();
      if (this.#markdown && !this.#busy) this.#ended();
    }
    const actions = [];
    if (siblings.length > 1) actions.push(...this.#stepper(siblings, free));
    if (!this.#busy) {
      actions.push(action("copy", "Copy", "Copy this message"));
      if (turn.role === "user") actions.push(action("edit", "Edit", "Edit this message and ask again", !free));
      if (turn.role === "assistant") actions.push(action("regenerate", "Regenerate", "Ask for another answer", !free));
      else if (!asked) actions.push(action("regenerate", "Ask again", "Ask for an answer", !free));
    }
    // Whoever stands on a button still stands there afterwards.
    const focused = this.#actions.contains(document.activeElement) && document.activeElement.dataset.do;
    this.#actions.replaceChildren(...actions);
    if (focused) this.#actions.querySelector(`[data-do="${focused}"]:not(:disabled)`)?.focus();
  }

  #stepper(siblings, free) {
    const at = siblings.indexOf(this.turn);
    const place = document.createElement("span");
    place.className = "place";
    place.textContent = `${at + 1} / ${siblings.length}`;
    return [
      action("previous", "‹", "Show the version before", !free || at === 0),
      place,
      action("next", "›", "Show the version after", !free || at === siblings.length - 1),
    ];
  }

  #grow(text) {
    this.#markdown = new GrowingMarkdown(this.#body);
    this.#markdown.append(text);
    this.#markdown.show();
  }

  #show(shown) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    clearTimeout(this.#timer);
    shown(() => this.#markdown?.show());
  }

  #ended() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#markdown.finish(this.turn.text);
    this.#markdown = null;
  }

  #add(name, className) {
    const node = this.node.appendChild(document.createElement(name));
    node.className = className;
    return node;
  }
}

function action(what, words, title, disabled = false) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.dataset.do = what;
  button.textContent = words;
  button.title = title;
  if (words.length === 1) button.setAttribute("aria-label", title);
  button.disabled = disabled;
  return button;
}
