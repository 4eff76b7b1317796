// The way to the server: the socket, or HTTP where the network lets no socket through.

/** So many connections in a row fail before HTTP is tried; a browser does not say why one failed. */
const HANDSHAKES = 3;

/** To others what a ResponsesSocket is. Once on HTTP it stays there as long as the page. */
export class Line extends EventTarget {
  /** Whether HTTP stands for the socket. */
  overHttp = false;
  #server;
  #socket;
  #http;
  #failures = 0;

  constructor(server, socket, http) {
    super();
    this.#server = server;
    this.#socket = socket;
    this.#http = http;
    for (const way of [socket, http]) {
      for (const type of ["state", "message"]) {
        way.addEventListener(type, ({ detail }) => {
          if (way !== this.#way) return;
          this.dispatchEvent(new CustomEvent(type, { detail }));
          if (type === "state") this.#weigh(detail.state);
        });
      }
    }
  }

  get open() {
    return this.#way.open;
  }

  connect() {
    this.#way.connect();
  }

  send(event) {
    this.#way.send(event);
  }

  reconnect() {
    this.#way.reconnect();
  }

  stop() {
    this.#way.stop();
  }

  get #way() {
    return this.overHttp ? this.#http : this.#socket;
  }

  /** A server that can be reached and is ready would have taken a socket, had one come through. */
  async #weigh(state) {
    if (state === "open") this.#failures = 0;
    if (this.overHttp || state !== "closed" || ++this.#failures < HANDSHAKES) return;
    if (!(await this.#server.ready()) || this.overHttp || this.#socket.open || this.#socket.stopped) return;
    this.#socket.stop();
    this.overHttp = true;
    this.#http.connect();
  }
}
