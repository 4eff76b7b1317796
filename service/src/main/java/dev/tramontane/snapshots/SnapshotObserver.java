package dev.tramontane.snapshots;

/** What metrics see of the files. Any thread; must neither block nor throw. Every method does nothing by default. */
public interface SnapshotObserver {

    /** Sees nothing. */
    SnapshotObserver NONE = new SnapshotObserver() {};

    /** A file was written. */
    default void written(long bytes) {}

    /** A file was read and is sound. */
    default void read(long bytes) {}

    /** A file was not what its name promises; it is computed again. */
    default void refused() {}

    /** The file system did not take or give a file. */
    default void failed() {}

    /** Files were removed because the directory was full. */
    default void removed(int files) {}

    /** Bytes of all files in the directory, other processes' included, when they were last counted. */
    default void occupied(long bytes) {}
}
