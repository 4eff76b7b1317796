// What a model thinks before it answers: a block that can be folded. Open while it grows, folded when the answer begins, unless a person has
// had it otherwise.

export class ThoughtsView {
  #text;
  #summary;
  #waiting = "";
  #frame = 0;
  #settled = false;

  /** In front of `body`, where the answer's words stand; `thinking`: more of it is to come. */
  constructor(text, body, thinking) {
    this.node = document.createElement("details");
    this.node.className = "thoughts";
    this.#summary = this.node.appendChild(document.createElement("summary"));
    this.#summary.addEventListener("click", () => (this.#settled = true));
    this.#text = this.node.appendChild(document.createElement("div")).appendChild(document.createTextNode(text));
    body.before(this.node);
    this.node.open = thinking;
    this.#summary.textContent = thinking ? "Thinking" : "Thoughts";
  }

  /** More of it, shown with the next frame; `shown` is called to do so. */
  push(text, shown) {
    this.#waiting += text;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      shown(() => this.#show());
    });
  }

  /** Nothing more is to come. */
  end() {
    if (this.#summary.textContent === "Thoughts") return;
    this.#show();
    this.#summary.textContent = "Thoughts";
    if (!this.#settled) this.node.open = false;
  }

  #show() {
    this.#text.appendData(this.#waiting);
    this.#waiting = "";
  }
}
