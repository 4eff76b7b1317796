// Which of the page's two views is seen: the chat, or, at #server, the server.

const views = ["chat-view", "server-view"].map((id) => document.getElementById(id));
const composer = document.getElementById("composer-bar");
const link = document.getElementById("server-link");

export function showViews(server) {
  let stop = null;

  async function turn() {
    const wanted = location.hash === "#server";
    const [chat, figures] = views;
    chat.hidden = composer.hidden = wanted;
    figures.hidden = !wanted;
    link.textContent = wanted ? "Back to the chat" : "The server";
    link.href = wanted ? "#" : "#server";
    stop?.();
    stop = null;
    if (!wanted) return;
    const { watchServer } = await import("./figures.js");
    if (location.hash === "#server") stop = watchServer(server);
    document.getElementById("figures-title").focus();
  }

  addEventListener("hashchange", turn);
  turn();
}
