// How full the model's context is with what is shown, and its sliding window, where it has one: counted before an answer, added up
// while it comes.

const meter = document.getElementById("context-meter");
const words = document.getElementById("context-words");
const windowWords = document.getElementById("window-words");
const box = document.getElementById("context");

export function showContext(chat, server) {
  let prompt = 0;

  function show(used) {
    const { context, window } = server;
    box.hidden = !context || !used;
    if (box.hidden) return;
    meter.max = context;
    meter.value = used;
    meter.high = context * 0.85;
    words.textContent = percent(used, context);
    windowWords.hidden = !window;
    windowWords.textContent = `window ${percent(used, window)}`;
    box.title = `${number(used)} of ${number(context)} tokens of the context are used`;
    if (window) box.title += `; the sliding window holds the last ${number(Math.min(used, window))} of at most ${number(window)}`;
  }

  /** What the last answer that is shown says of itself. */
  function refresh() {
    const usage = chat.conversation.path().findLast((turn) => turn.usage)?.usage;
    show(usage ? usage.input_tokens + usage.output_tokens : 0);
  }

  /** The same, unless an answer is being added up. */
  function settle() {
    if (chat.answer) return;
    prompt = 0;
    refresh();
  }

  server.addEventListener("counted", ({ detail }) => {
    prompt = detail;
    show(prompt);
  });
  chat.addEventListener("text", () => {
    if (chat.answer.conversation === chat.conversation && prompt) show(prompt + (chat.answer.turn.tokens ?? 0));
  });
  chat.addEventListener("shown", refresh);
  chat.addEventListener("answer", settle);
  server.addEventListener("met", settle);
}

const number = (value) => value.toLocaleString("en");
const percent = (part, all) => `${Math.round(100 * Math.min(1, part / all))} %`;
