package dev.tramontane.kernels;

import java.nio.file.Path;
import java.util.Locale;

/** What the system keeps in memory of a file that was read or written, so that the next one finds it there. */
public final class CachedFile {
    private CachedFile() {}

    /**
     * Lets the system forget it, so that it is read from the disk again: all but what somebody has mapped and touched, or written
     * and not yet stored. For whoever measures the disk; everybody else is served by what is kept. Any thread.
     *
     * @return whether the system took the advice; only Linux does
     */
    public static boolean forget(Path file) {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux") && Posix.forget(file);
    }
}
