// What the page asks of the server over HTTP, with the key where one is needed.

export class Server extends EventTarget {
  /** The key, where the server asks for one: in this tab only. */
  key = remembered();
  /** The model's name, "" until it is known. */
  model = "";
  /** Tokens of the model's context, 0 until they are known. */
  context = 0;
  /** Tokens of its narrowest sliding window, 0 where it has none, or /capacity is hidden from whoever looks. */
  window = 0;

  /** What a socket offers: a browser's only way to show a key there. */
  get protocols() {
    return this.key ? ["responses", `openai-insecure-api-key.${this.key}`] : [];
  }

  useKey(key) {
    this.key = key;
    try {
      sessionStorage.setItem("key", key);
    } catch {
      // Storage is forbidden here; then a key lives as long as the page.
    }
  }

  get(path, signal) {
    return fetch(path, { headers: this.#headers({}), signal });
  }

  post(path, body, signal) {
    const headers = this.#headers({ "Content-Type": "application/json" });
    return fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
  }

  /** Whether it can be reached and takes requests. */
  async ready() {
    try {
      return (await this.get("/readyz")).ok;
    } catch {
      return false;
    }
  }

  /** Asks for the model's name and sizes, and emits "met" when it has them. True unless a key is needed and missing, or wrong: a socket is not told why it was refused. */
  async meet() {
    let reply;
    try {
      reply = await this.get("/v1/models");
      if (reply.ok) {
        const [{ id, max_model_len: context }] = (await reply.json()).data;
        Object.assign(this, { model: id, context, window: await this.#narrowest() });
        this.dispatchEvent(new Event("met"));
      }
    } catch {
      return true; // The connection is lost; the socket says so.
    }
    return reply.status !== 401;
  }

  /**
   * How many tokens an answer may have in what the context leaves. Infinity leaves it to the server: also where nothing is
   * left or the prompt cannot be laid out, since its refusal says why. Emits "counted" (detail: the prompt's tokens).
   */
  async room({ model, input, instructions }) {
    const messages = instructions ? [{ role: "system", content: instructions }, ...input] : input;
    try {
      const reply = await this.post("/tokenize", { model, messages });
      if (!reply.ok) return Infinity;
      const { count, max_model_len: context } = await reply.json();
      this.context = context;
      this.dispatchEvent(new CustomEvent("counted", { detail: count }));
      return count < context ? context - count : Infinity;
    } catch {
      return Infinity; // As above.
    }
  }

  async #narrowest() {
    const reply = await this.get("/capacity");
    if (!reply.ok) return 0;
    const windows = (await reply.json()).groups.map(({ window }) => window).filter(Boolean);
    return windows.length ? Math.min(...windows) : 0;
  }

  #headers(headers) {
    return this.key ? { ...headers, Authorization: `Bearer ${this.key}` } : headers;
  }
}

function remembered() {
  try {
    return sessionStorage.getItem("key") ?? "";
  } catch {
    return "";
  }
}
