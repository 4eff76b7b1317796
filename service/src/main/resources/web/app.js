// The page: puts its parts together.

import { Chat } from "./chat.js";
import { showComposer } from "./composer.js";
import { showContext } from "./context.js";
import { ResponsesHttp } from "./http.js";
import { askForKey } from "./key.js";
import { Line } from "./line.js";
import { showLog } from "./log.js";
import { parameters } from "./parameters.js";
import { Server } from "./server.js";
import { showSidebar } from "./sidebar.js";
import { ResponsesSocket } from "./socket.js";
import { Store } from "./store.js";
import { showViews } from "./views.js";

const element = (id) => document.getElementById(id);
const server = new Server();
const socket = new ResponsesSocket(
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/responses`,
  () => server.protocols,
);
const line = new Line(server, socket, new ResponsesHttp(server));
const chat = new Chat(line, server, parameters);

showLog(chat);
showContext(chat, server);
showComposer(chat, line, parameters);
showViews(server);

line.addEventListener("state", ({ detail: { state, retryInMs } }) => {
  const words = { connecting: "Connecting", open: line.overHttp ? "Connected over HTTP" : "Connected" };
  element("state").dataset.state = state;
  element("state").title = line.overHttp ? "No WebSocket gets through from here: answers come over HTTP" : "";
  element("state-words").textContent = words[state] ?? `Disconnected, retry in ${Math.ceil(retryInMs / 1000)} s`;
  if (state === "closed" || (state === "open" && !server.model)) meet();
});

async function meet() {
  if (await server.meet()) {
    const words = server.model || "The list of models could not be read.";
    element("model").textContent = words;
    element("model").title = words;
    if (server.model) document.title = `${server.model} · Tramontane`;
  } else {
    line.stop();
    askForKey(server, () => line.connect());
  }
}

let store = null;
try {
  store = await Store.open();
  chat.keepIn(store);
} catch (failed) {
  element("chats-empty").textContent = `This browser keeps no conversations (${failed?.message ?? "it gave no reason"}): they last as long as this page.`;
}
showSidebar(chat, store);
line.connect();
await resumeLast();

/** After a reload the conversation is there again, and an answer that was under way goes on: also below the view of the server. */
async function resumeLast() {
  const id = location.hash.startsWith("#chat-") ? location.hash.slice("#chat-".length) : history.state?.chat;
  if (store && id) await chat.open(id);
}
chat.addEventListener("listed", remember);
chat.addEventListener("shown", remember);
addEventListener("hashchange", remember);
remember();

function remember() {
  const { record, turns } = chat.conversation;
  const kept = store && turns.size > 0;
  const address = location.hash === "#server" ? "#server" : kept ? `#chat-${record.id}` : location.pathname;
  history.replaceState({ chat: kept ? record.id : null }, "", address);
}
