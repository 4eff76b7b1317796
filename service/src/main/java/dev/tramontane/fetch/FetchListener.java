package dev.tramontane.fetch;

/** Hears how a fetch goes on. Called on the thread that fetches. */
public interface FetchListener {
    /** Says nothing to nobody. */
    FetchListener NONE = new FetchListener() {};

    /** Another process fetches the same files: this one waits for it. */
    default void waiting() {}

    /** The download begins, with this program. */
    default void starting(String program) {}

    /** So many bytes of the wheel are there; a few times a second. */
    default void at(long done, long total) {}

    /** The download has ended, well or badly. */
    default void ended() {}
}
