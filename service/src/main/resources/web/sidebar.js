// The list of conversations: beside the chat, or over it where there is no room.

import { ask } from "./ask.js";
import { asJson, asMarkdown, download, fileName } from "./export.js";

const panel = document.getElementById("chats");
const list = document.getElementById("chat-list");
const toggle = document.getElementById("chats-toggle");
const wide = matchMedia("(min-width: 60rem)");

/** Shows what `store` keeps, which is null where nothing is kept. */
export function showSidebar(chat, store) {
  async function refresh() {
    const records = store ? await store.list() : [];
    const current = chat.conversation.record.id;
    list.replaceChildren(...records.map((record) => entry(record, record.id === current)));
    document.getElementById("chats-empty").hidden = records.length > 0;
    document.getElementById("delete-all").disabled = records.length === 0;
  }

  async function remove(id) {
    chat.forget(id);
    await store.remove(id);
    if (id === chat.conversation.record.id) chat.fresh();
    await refresh();
  }

  const actions = {
    async rename() {
      const { record } = chat.conversation;
      const title = await ask({ title: "Name of this conversation", value: record.title, confirm: "Rename" });
      if (title === null) return;
      record.title = title;
      await store.save(record);
      await refresh();
    },
    markdown() {
      download(fileName(chat.conversation.record.title, "md"), "text/markdown", asMarkdown(chat.conversation));
    },
    json() {
      download(fileName(chat.conversation.record.title, "json"), "application/json", asJson(chat.conversation));
    },
    async delete() {
      const { id, title } = chat.conversation.record;
      if (await ask({ title: "Delete this conversation?", words: title, confirm: "Delete" })) await remove(id);
    },
  };

  list.addEventListener("click", async ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.do) {
      await actions[button.dataset.do]();
      return;
    }
    await chat.open(button.dataset.id);
    if (!wide.matches) putAway();
  });

  document.getElementById("delete-all").addEventListener("click", async () => {
    const words = "All that this browser keeps of them is gone then, in every tab.";
    if (!(await ask({ title: "Delete all conversations?", words, confirm: "Delete all" }))) return;
    chat.forget();
    await store.clear();
    chat.fresh();
    await refresh();
  });

  chat.addEventListener("listed", refresh);
  chat.addEventListener("shown", refresh);
  store?.addEventListener("changed", refresh);
  refresh();
}

function entry({ id, title }, current) {
  const item = document.createElement("li");
  const open = item.appendChild(document.createElement("button"));
  open.type = "button";
  open.className = "chat";
  open.dataset.id = id;
  open.textContent = title || "New chat";
  if (!current) return item;
  open.setAttribute("aria-current", "true");
  const row = item.appendChild(document.createElement("div"));
  row.className = "actions";
  for (const [what, words, label] of [
    ["rename", "Rename", "Rename this conversation"],
    ["markdown", "Markdown", "Export this conversation as Markdown"],
    ["json", "JSON", "Export this conversation as JSON, with all its branches"],
    ["delete", "Delete", "Delete this conversation"],
  ]) {
    const button = row.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "plain";
    button.dataset.do = what;
    button.textContent = words;
    button.title = label;
    button.setAttribute("aria-label", label);
  }
  return item;
}

/** Over the chat the list takes the keyboard, too, until it is put away. */
function show(shown) {
  panel.hidden = !shown;
  toggle.setAttribute("aria-expanded", String(shown));
  const over = shown && !wide.matches;
  for (const id of ["bar", "main", "composer-bar"]) document.getElementById(id).inert = over;
  document.getElementById("shade").hidden = !over;
  if (over) panel.querySelector("button:not(:disabled), select")?.focus();
}

toggle.addEventListener("click", () => show(panel.hidden));
function putAway() {
  show(false);
  toggle.focus();
}

for (const id of ["shade", "chats-close"]) document.getElementById(id).addEventListener("click", putAway);
document.getElementById("server-link").addEventListener("click", () => {
  if (!wide.matches) putAway();
});
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || wide.matches) return;
  event.stopPropagation();
  putAway();
});
wide.addEventListener("change", () => show(wide.matches));
show(wide.matches);
