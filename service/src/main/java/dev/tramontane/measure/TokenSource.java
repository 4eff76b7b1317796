package dev.tramontane.measure;

import java.io.IOException;

/** The ids of a text from its beginning, as many as are wanted at a time. Used by one thread. */
public interface TokenSource {

    /**
     * Reads {@code count} ids to {@code into[at ..]}.
     *
     * @return how many there were: fewer than {@code count} only at the text's end
     * @throws IOException when the text cannot be read any further
     */
    int read(int[] into, int at, int count) throws IOException;
}
