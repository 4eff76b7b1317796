// How full the model's context is with what is shown: counted before an answer, added up while it comes.

const meter = document.getElementById("context-meter");
const words = document.getElementById("context-words");
const box = document.getElementById("context");

export function showContext(chat, server) {
  let prompt = 0;

  function show(used) {
    box.hidden = !server.context || !used;
    if (box.hidden) return;
    const share = Math.min(1, used / server.context);
    meter.max = server.context;
    meter.value = used;
    meter.high = server.context * 0.85;
    words.textContent = `${Math.round(share * 100)} %`;
    box.title = `${used.toLocaleString("en")} of ${server.context.toLocaleString("en")} tokens of the context are used`;
  }

  /** What the last answer that is shown says of itself. */
  function refresh() {
    const usage = chat.conversation.path().findLast((turn) => turn.usage)?.usage;
    show(usage ? usage.input_tokens + usage.output_tokens : 0);
  }

  server.addEventListener("counted", ({ detail }) => {
    prompt = detail;
    show(prompt);
  });
  chat.addEventListener("text", () => {
    if (chat.answer.conversation === chat.conversation && prompt) show(prompt + (chat.answer.turn.tokens ?? 0));
  });
  chat.addEventListener("shown", refresh);
  chat.addEventListener("answer", () => {
    if (!chat.answer) {
      prompt = 0;
      refresh();
    }
  });
}
