package dev.tramontane.engine;

import dev.tramontane.model.Adapter;

/** An adapter's numbers as whoever has them keeps them for the engine, which may load them again. Any thread. */
public interface AdapterData {

    /** Its numbers stay readable until {@link #release}. */
    Adapter adapter();

    /**
     * Whether its numbers are still those of its digest: they may lie in a file that somebody wrote over. Reads all of them, and so that a
     * file which was cut is no fault of the process.
     */
    boolean isUnchanged();

    /** Run once, when nobody needs its numbers any more: it was refused, it is gone, or the engine is. */
    void release();

    /** Of numbers that stay as they are. */
    static AdapterData of(Adapter adapter) {
        return new AdapterData() {
            @Override
            public Adapter adapter() {
                return adapter;
            }

            @Override
            public boolean isUnchanged() {
                return true;
            }

            @Override
            public void release() {}
        };
    }
}
