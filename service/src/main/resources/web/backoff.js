// How long to wait before something is tried again.

export class Backoff {
  /** How often in a row it was waited. */
  tries = 0;
  #first;
  #longest;

  constructor(firstMs, longestMs) {
    this.#first = firstMs;
    this.#longest = longestMs;
  }

  /** The next wait in milliseconds, twice the one before, but not below `least`. Jittered: after a restart, pages do not come back all at once. */
  next(least = 0) {
    const limit = Math.min(this.#longest, this.#first * 2 ** this.tries++);
    return Math.max(least, limit / 2 + (Math.random() * limit) / 2);
  }

  /** It worked. */
  reset() {
    this.tries = 0;
  }
}
