// From markdown-it's tokens to nodes. Text only ever becomes text nodes and only the elements named here are made, so whatever
// the tokens say is inert; there is no HTML to clean.

import { whereTo } from "./links.js";

/** Tokens that open an element, and which. Headings are told apart by the depth that the page leaves to answers. */
const ELEMENTS = {
  paragraph_open: "p",
  blockquote_open: "blockquote",
  bullet_list_open: "ul",
  ordered_list_open: "ol",
  list_item_open: "li",
  table_open: "table",
  thead_open: "thead",
  tbody_open: "tbody",
  tr_open: "tr",
  th_open: "th",
  td_open: "td",
  em_open: "em",
  strong_open: "strong",
  s_open: "s",
};

/** Above answers there are the page's own headings, of the first two levels. */
const OUTER_LEVEL = 2;
const DEEPEST_LEVEL = 6;

/** Characters of a fence's first word that are shown as the language. */
const LANGUAGE = 24;

/** Characters that reorder what is around them: in code they could make it read as something that it is not. */
const REORDERS = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * The nodes of top-level tokens. `level` is the heading level before them: levels rise one at a time, whatever the text
 * says, so that a list of headings has no holes. Returns the level after them.
 */
export function build(tokens, parent, level = OUTER_LEVEL) {
  const open = [parent];
  for (const token of tokens) {
    const top = open.at(-1);
    if (token.type === "inline") {
      build(token.children, top);
    } else if (token.type === "heading_open") {
      level = Math.min(OUTER_LEVEL + Number(token.tag.slice(1)), level + 1, DEEPEST_LEVEL);
      open.push(top.appendChild(inItsDirection(document.createElement(`h${level}`))));
    } else if (token.type === "table_open") {
      open.push(scrolling(top).appendChild(document.createElement("table")));
    } else if (token.nesting === 1) {
      open.push(token.hidden ? top : top.appendChild(opened(token)));
    } else if (token.nesting === -1) {
      open.pop();
    } else {
      top.append(leaf(token));
    }
  }
  return level;
}

function opened(token) {
  if (token.type === "link_open") return link(token.attrGet("href"));
  const node = document.createElement(ELEMENTS[token.type] ?? "span");
  if (["p", "blockquote", "ul", "ol", "th", "td"].includes(node.localName)) inItsDirection(node);
  const start = token.type === "ordered_list_open" && token.attrGet("start");
  if (start) node.start = start;
  const align = /^text-align:(left|center|right)$/.exec(token.attrGet("style") ?? "");
  if (align) node.className = align[1];
  return node;
}

/** A block is laid out by its own first letter, and closes what its characters opened: nothing outside is reordered. */
function inItsDirection(node) {
  node.dir = "auto";
  return node;
}

function leaf(token) {
  switch (token.type) {
    case "hardbreak":
      return document.createElement("br");
    case "softbreak":
      return document.createTextNode("\n");
    case "hr":
      return document.createElement("hr");
    case "code_inline": {
      const code = document.createElement("code");
      code.textContent = token.content;
      return code;
    }
    case "fence":
    case "code_block":
      return block(token.content, token.info.trim().split(/\s/)[0].slice(0, LANGUAGE));
    case "image": {
      // Not loaded: its address would tell others that, and what, somebody reads.
      const shown = link(token.attrGet("src"));
      shown.textContent = token.content || "image";
      return shown;
    }
    default:
      return document.createTextNode(token.content);
  }
}

function link(address) {
  const url = whereTo(address);
  if (!url) return document.createElement("span");
  const node = document.createElement("a");
  node.href = url;
  node.title = url; // Its words may say otherwise.
  node.target = "_blank";
  node.rel = "noopener noreferrer nofollow";
  return node;
}

function block(text, language) {
  const figure = document.createElement("figure");
  figure.className = "code";
  const caption = figure.appendChild(document.createElement("figcaption"));
  const name = caption.appendChild(document.createElement("span"));
  name.textContent = REORDERS.test(text) ? `${language} · has characters that reorder its text` : language;
  const copy = caption.appendChild(document.createElement("button"));
  copy.type = "button";
  copy.className = "quiet copy-code";
  copy.textContent = "Copy";
  const pre = figure.appendChild(document.createElement("pre"));
  pre.tabIndex = 0; // It may scroll sideways, also by the keyboard.
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  pre.appendChild(document.createElement("code")).textContent = text;
  return figure;
}

function scrolling(parent) {
  const frame = parent.appendChild(document.createElement("div"));
  frame.className = "table";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Table");
  return frame;
}
