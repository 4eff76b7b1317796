package dev.tramontane.api.journal;

/** What metrics see of answers in files. Any thread; must neither block nor throw. Every method does nothing by default. */
public interface JournalObserver {

    /** Sees nothing. */
    JournalObserver NONE = new JournalObserver() {};

    /** An answer was written, for the next process to go on with. */
    default void written() {}

    /** An answer of an earlier process goes on here. */
    default void restored() {}

    /** A file was not what its name promises, or not for this process. */
    default void refused() {}

    /** The file system did not take or give a file. */
    default void failed() {}
}
