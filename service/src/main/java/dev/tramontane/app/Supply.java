package dev.tramontane.app;

/** Whence {@code serve} has what it serves. Used by the main thread. */
interface Supply extends AutoCloseable {
    Stock stock();

    /** The names, for scripts: "a,b". */
    String names();

    /**
     * Loads what is to be there from the start, once the server listens. Blocks as long as that takes.
     *
     * @throws UsageException when it cannot be had
     */
    void load(Listener listener);

    /** What it is, once it is loaded. */
    String description();

    /** Ends what runs; nothing begins any more. Blocks for a step. */
    void end();

    /** Gives all back. */
    @Override
    void close();
}
