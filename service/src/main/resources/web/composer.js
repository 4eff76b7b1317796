// The box below: a message is written, sent and, while it is answered, stopped.

const prompt = document.getElementById("prompt");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
const problem = document.getElementById("problem");

/** Fingers have no Shift+Enter, so there Enter starts a line and the button sends. */
const touch = matchMedia("(pointer: coarse) and (hover: none)");

export function showComposer(chat, line, parameters) {
  /** Puts the buttons and the box in line with the state. */
  function refresh() {
    send.hidden = chat.answer !== null;
    stop.hidden = chat.answer === null;
    send.disabled = !line.open || prompt.value.trim() === "";
    prompt.style.height = "auto";
    prompt.style.height = `${prompt.scrollHeight + 2}px`;
  }

  function submit() {
    const text = prompt.value.trim();
    if (!text || chat.answer || !line.open || !parameters.check()) return;
    prompt.value = "";
    chat.send(text);
  }

  document.getElementById("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  prompt.addEventListener("input", refresh);
  prompt.addEventListener("keydown", (event) => {
    // While an input method composes a character, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch.matches) {
      event.preventDefault();
      submit();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) chat.stop();
  });
  stop.addEventListener("click", () => {
    chat.stop();
    prompt.focus();
  });
  document.getElementById("new-chat").addEventListener("click", () => {
    chat.fresh();
    prompt.focus();
  });
  chat.addEventListener("answer", refresh);
  line.addEventListener("state", refresh);
  chat.addEventListener("returned", (event) => {
    if (prompt.value) event.preventDefault();
    else prompt.value = event.detail;
    refresh();
  });
  chat.addEventListener("problem", ({ detail: words }) => {
    problem.textContent = words;
    problem.hidden = !words;
  });
  refresh();
}
