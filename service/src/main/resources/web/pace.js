// How quickly an answer came, in words for the line below it.

export class Pace {
  /** What it went on after, in words, if it was interrupted. */
  resumedAfter = "";
  #askedAt = performance.now();
  #firstAt = 0;
  #pieces = 0;

  /** A piece of text has come. */
  piece() {
    if (this.#pieces++ === 0 && !this.resumedAfter) this.#firstAt = performance.now();
  }

  /** From here on its pace would be the connection's. */
  interrupted() {
    this.#firstAt = 0;
  }

  /** All that there is to say. A piece is a token in most cases; the count is exact once the usage is known. */
  words({ tokens = 0, usage }, ending) {
    const parts = [];
    if (this.#firstAt) {
      parts.push(`${((this.#firstAt - this.#askedAt) / 1000).toFixed(2)} s to first token`);
      const seconds = (performance.now() - this.#firstAt) / 1000;
      if (tokens > 1 && seconds > 0) parts.push(`${((tokens - 1) / seconds).toFixed(1)} tokens/s`);
    }
    parts.push(`${tokens} ${tokens === 1 ? "token" : "tokens"}`);
    const cached = usage?.input_tokens_details?.cached_tokens;
    if (cached) parts.push(`${cached} of ${usage.input_tokens} prompt tokens cached`);
    if (this.resumedAfter) parts.push(`resumed after ${this.resumedAfter}`);
    if (ending) parts.push(ending);
    return parts.join(" · ");
  }
}
