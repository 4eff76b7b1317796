// A conversation as a file: Markdown of what is shown, or JSON of every branch.

export function asMarkdown(conversation) {
  const turns = conversation
    .path()
    .map(({ role, text, thoughts }) => `## ${role === "user" ? "You" : "Answer"}\n\n${quoted(thoughts)}${text.trim()}\n`);
  return `# ${conversation.record.title}\n\n${turns.join("\n")}`;
}

export function asJson(conversation) {
  const { title, created, updated } = conversation.record;
  const shown = new Set(conversation.path());
  const turns = [...conversation.turns.values()].map((turn) => ({
    id: turn.id,
    parent: turn.parent || null,
    role: turn.role,
    content: turn.text,
    ...(turn.thoughts && { thoughts: turn.thoughts }),
    at: new Date(turn.at).toISOString(),
    status: turn.status,
    shown: shown.has(turn),
    ...(turn.model && { model: turn.model }),
    ...(turn.usage && { usage: turn.usage }),
  }));
  const whole = { format: "tramontane-conversation", version: 1, title, created: iso(created), updated: iso(updated), turns };
  return JSON.stringify(whole, null, 2);
}

/** Thoughts stand before the words, as a quotation. */
const quoted = (thoughts) => (thoughts ? `${thoughts.trim().replace(/^/gm, "> ")}\n\n` : "");

const iso = (time) => new Date(time).toISOString();

/** Hands a text to the browser as a download. */
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** A title as a file's name: letters and digits of any script, and dashes. */
export function fileName(title, ending) {
  const name = title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${name || "conversation"}.${ending}`;
}
