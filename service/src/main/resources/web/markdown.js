// Markdown that grows. Blocks that can't change any more are built once and left alone; only the last ones are parsed again
// with what has come since, and their nodes are mended in place, so that nothing flickers and a selection stays.

import MarkdownIt from "./vendor/markdown-it.js";
import { build } from "./markdown-nodes.js";
import { mend } from "./mend.js";

/** HTML stays text. Nesting is bounded, and so is what the parser spends on text that is made to keep it busy. */
const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: 20 });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** An open block is parsed again once it has grown by this share of itself: all of it together, then, at most 1 / share times. */
const GROWTH = 1 / 256;

export class GrowingMarkdown {
  /** Characters parsed so far, again and again: the work. */
  parsed = 0;

  #root;
  #tail = "";
  #shown = 0;
  #openNodes = [];
  #level;
  /** Links that settled text defines by name, and those with which the open blocks were parsed last. */
  #references = {};
  #lastReferences = {};

  constructor(root) {
    this.#root = root;
  }

  append(text) {
    this.#tail += text.replaceAll("\r", "");
  }

  /** Whether enough has come to be worth showing. What is left waits for more, or for {@link show} by time. */
  get due() {
    return this.#tail.length - this.#shown > this.#shown * GROWTH;
  }

  /** Brings the nodes in line with the text. */
  show() {
    if (this.#tail.length === this.#shown) return;
    let tokens = this.#parse(this.#tail, { ...this.#references });
    let settled = [];
    const at = settledBefore(tokens, this.#tail);
    if (at > 0) {
      const nodes = document.createDocumentFragment();
      this.#level = build(this.#parse(this.#tail.slice(0, at), this.#references), nodes, this.#level);
      settled = [...nodes.childNodes];
      this.#tail = this.#tail.slice(at);
      tokens = this.#parse(this.#tail, { ...this.#references });
    }
    // What settles was open until now: it is mended, too.
    this.#openNodes = mend(this.#root, this.#openNodes, [...settled, ...nodesOf(tokens, this.#level)]).slice(settled.length);
    this.#shown = this.#tail.length;
  }

  /** The text has ended, and this is all of it: links whose addresses were named after them find those. */
  finish(text) {
    this.show();
    if (Object.keys(this.#lastReferences).length) showWhole(text, this.#root);
  }

  #parse(text, references) {
    this.parsed += text.length;
    this.#lastReferences = references;
    return parser.parse(text, { references });
  }
}

/** Shows a text that does not grow. */
export function showWhole(text, root) {
  mend(root, [...root.childNodes], nodesOf(parser.parse(text.replaceAll("\r", ""), {})));
}

function nodesOf(tokens, level) {
  const fragment = document.createDocumentFragment();
  build(tokens, fragment, level);
  return [...fragment.childNodes];
}

/**
 * Where the last block begins whose beginning is certain: what is before it stays as it is, whatever comes. A beginning is
 * certain once its line and the next are whole: a line may still become a part of the block before it, and a table's first
 * line by what is below it. 0 where that is the first block, or there is none.
 */
function settledBefore(tokens, text) {
  const whole = text.split("\n").length - 1;
  let first = true;
  let found = 0;
  for (const { level, nesting, map } of tokens) {
    if (level !== 0 || nesting < 0 || !map) continue;
    if (!first && map[0] + 2 <= whole) found = map[0];
    first = false;
  }
  let at = 0;
  for (let line = 0; line < found; line++) at = text.indexOf("\n", at) + 1;
  return at;
}
