package dev.tramontane.app;

import java.time.Duration;
import java.util.List;

/** Where {@code top} shows its lines, and hears keys. One thread. */
interface Display extends AutoCloseable {
    /** What {@link #key} gives where none was pressed in time. */
    int NONE = -1;

    /** Lines that come next take the place of those before, as far as there is room. */
    void show(List<String> lines);

    /** Waits for a key so long at most; {@link #NONE} where there was none. Draws anew meanwhile what a change of size has moved. */
    int key(Duration most) throws InterruptedException;

    @Override
    void close();
}
