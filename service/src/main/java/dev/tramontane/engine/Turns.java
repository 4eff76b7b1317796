package dev.tramontane.engine;

/** Hears of what sequences leave behind in the cache. Engine thread only. */
interface Turns {

    /** Nobody listens. */
    Turns UNHEARD = new Turns() {
        @Override
        public void ended(TokenChain chain) {}

        @Override
        public void spoiled(TokenChain chain) {}
    };

    /** All whole blocks of these tokens are sound, and kept as long as there is room. */
    void ended(TokenChain chain);

    /** What was computed of these tokens is not to be trusted. Its blocks are about to be forgotten. */
    void spoiled(TokenChain chain);
}
