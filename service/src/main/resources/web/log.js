// The turns of the conversation that is shown, and what is done with them.

import { copyText } from "./copy.js";
import { edit } from "./edit.js";
import { TurnView } from "./turn.js";

/** How much of an answer a screen reader is given when it is over; the rest is in the conversation. */
const READ_OUT = 600;

const log = document.getElementById("log");
const news = document.getElementById("news");
const below = document.getElementById("to-end");

/** Shows a chat's conversation, from now on. */
export function showLog(chat) {
  let views = new Map();

  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
  const toEnd = () => scrollTo(0, document.documentElement.scrollHeight);
  const refreshJump = () => (below.hidden = atEnd());

  /** Changes what is shown; whoever saw the end still does. */
  function keepingTheEnd(change) {
    const follow = atEnd();
    change();
    if (follow) toEnd();
    refreshJump();
  }

  function refresh() {
    const { conversation, answer } = chat;
    const path = conversation.path();
    for (const view of views.values()) {
      const asked = path.some(({ parent }) => parent === view.turn.id);
      view.refresh(conversation.siblings(view.turn), answer === null, asked);
    }
  }

  chat.addEventListener("shown", () => {
    const path = chat.conversation.path();
    views = new Map(path.map((turn) => [turn.id, views.get(turn.id) ?? new TurnView(turn)]));
    const kept = new Set([...views.values()].map(({ node }) => node));
    for (const node of [...log.children]) if (!kept.has(node)) node.remove();
    [...kept].forEach((node, at) => {
      if (log.children[at] !== node) log.insertBefore(node, log.children[at] ?? null);
    });
    document.getElementById("welcome").hidden = path.length > 0 || !document.getElementById("key-form").hidden;
    refresh();
    toEnd();
    refreshJump();
  });

  chat.addEventListener("text", ({ detail }) => {
    views.get(chat.answer.turn.id)?.push(detail, keepingTheEnd);
    refreshFigures();
  });

  chat.addEventListener("thoughts", ({ detail }) => {
    views.get(chat.answer.turn.id)?.think(detail, keepingTheEnd);
    refreshFigures();
  });

  function refreshFigures() {
    const { turn } = chat.answer;
    const meta = views.get(turn.id)?.node.querySelector(".meta");
    if (meta && meta.textContent !== turn.meta) meta.textContent = turn.meta;
  }

  let busy = null;
  chat.addEventListener("answer", () => {
    keepingTheEnd(refresh);
    const turn = chat.answer?.turn ?? null;
    // Not every token: that it begins, and then what it says.
    if (turn && turn !== busy) news.textContent = "The answer begins.";
    else if (!turn && busy) news.textContent = readOut(busy.text);
    busy = turn;
  });

  log.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.classList.contains("copy-code")) copyText(button.closest("figure").querySelector("code").textContent, button);
    if (!button?.dataset.do) return;
    const view = views.get(button.closest(".turn").dataset.turn);
    const siblings = chat.conversation.siblings(view.turn);
    const at = siblings.indexOf(view.turn);
    switch (button.dataset.do) {
      case "copy":
        copyText(view.turn.text, button);
        break;
      case "edit":
        edit(view, (text) => chat.edit(view.turn, text));
        break;
      case "regenerate":
        chat.regenerate(view.turn);
        break;
      case "previous":
      case "next": {
        const turn = siblings[at + (button.dataset.do === "next" ? 1 : -1)];
        chat.choose(turn);
        const shown = views.get(turn.id).node;
        (shown.querySelector(`[data-do="${button.dataset.do}"]:not(:disabled)`) ?? shown.querySelector("[data-do]:not(:disabled)")).focus();
        break;
      }
    }
  });

  below.addEventListener("click", toEnd);
  addEventListener("scroll", refreshJump, { passive: true });
}

function readOut(text) {
  if (!text) return "";
  return text.length > READ_OUT ? `${text.slice(0, READ_OUT)} … The rest is in the conversation.` : text;
}
