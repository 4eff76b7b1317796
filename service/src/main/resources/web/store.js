// Conversations, kept in this browser: IndexedDB, one record a conversation and one a turn, so that a growing answer is
// written without what is above it. Where the browser keeps nothing, that is said once and everything lives as long as the page.

const NAME = "tramontane";
const VERSION = 1;

export class Store extends EventTarget {
  #database;
  #others = typeof BroadcastChannel === "function" ? new BroadcastChannel(NAME) : null;

  constructor(database) {
    super();
    this.#database = database;
    this.#others?.addEventListener("message", () => this.dispatchEvent(new Event("changed")));
  }

  /** Rejects with the browser's reason where nothing can be kept. */
  static open() {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME, VERSION);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("conversations", { keyPath: "id" });
        opening.result.createObjectStore("turns", { keyPath: "id" }).createIndex("conversation", "conversation");
      };
      opening.onsuccess = () => {
        // Another tab has a newer page: it goes first, and this one is told by its next write.
        opening.result.onversionchange = () => opening.result.close();
        resolve(new Store(opening.result));
      };
      opening.onerror = () => reject(opening.error);
      opening.onblocked = () => reject(new Error("another tab holds an older version of this page open"));
    });
  }

  /** The records of all conversations, the latest first. */
  async list() {
    const records = await this.#read("conversations", (store) => store.getAll());
    return records.sort((a, b) => b.updated - a.updated);
  }

  /** The record and turns of one, or null. */
  async load(id) {
    const record = await this.#read("conversations", (store) => store.get(id));
    if (!record) return null;
    return { record, turns: await this.#read("turns", (store) => store.index("conversation").getAll(id)) };
  }

  save(record, turns = []) {
    return this.#write((conversations, kept) => {
      conversations.put(record);
      turns.forEach((turn) => kept.put(turn));
    });
  }

  /** A turn whose conversation is as it was; nobody is told. */
  grow(turn) {
    return this.#write((_, turns) => turns.put(turn), false);
  }

  removeTurn(record, id) {
    return this.#write((conversations, turns) => {
      conversations.put(record);
      turns.delete(id);
    });
  }

  remove(id) {
    return this.#write((conversations, turns) => {
      conversations.delete(id);
      turns.index("conversation").openKeyCursor(id).onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        turns.delete(cursor.primaryKey);
        cursor.continue();
      };
    });
  }

  clear() {
    return this.#write((conversations, turns) => {
      conversations.clear();
      turns.clear();
    });
  }

  #read(name, ask) {
    return new Promise((resolve, reject) => {
      const asked = ask(this.#database.transaction(name).objectStore(name));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  #write(change, tell = true) {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(["conversations", "turns"], "readwrite");
      transaction.oncomplete = () => {
        if (tell) this.#others?.postMessage("changed");
        resolve();
      };
      transaction.onabort = () => reject(transaction.error);
      change(transaction.objectStore("conversations"), transaction.objectStore("turns"));
    });
  }
}
