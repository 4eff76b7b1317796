// Server-sent events, as this server writes them: blocks of lines, an empty one after each, and one line of data in it.

/** The data of the events of a response's body, as JSON; an end that is none of JSON is passed over. */
export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const line = block.split("\n").find((one) => one.startsWith("data: "));
      if (line && line !== "data: [DONE]") yield JSON.parse(line.slice("data: ".length));
    }
  }
}
