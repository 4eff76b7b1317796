package dev.tramontane.app;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Progress of a long work on stderr: a bar on a terminal, a line every ten seconds elsewhere, and nothing at all when
 * the work is short. Called by one thread.
 */
final class ProgressBar {
    private static final int WIDTH = 30;
    private static final long PATIENCE_NANOS = 500_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    private final PrintStream err;
    private final boolean terminal;
    private final String what;
    private final LongSupplier clock;
    private final long start;
    private long lastLine;
    private boolean drawn;

    /** @param clock monotonic nanoseconds */
    ProgressBar(String what, PrintStream err, boolean terminal, LongSupplier clock) {
        this.what = what;
        this.err = err;
        this.terminal = terminal;
        this.clock = clock;
        start = clock.getAsLong();
        lastLine = start;
    }

    /** @param total 0 while unknown */
    void at(long done, long total) {
        long now = clock.getAsLong();
        if (total <= 0 || now - start < PATIENCE_NANOS) {
            return;
        }
        double share = Math.clamp((double) done / total, 0, 1);
        double seconds = (now - start) / 1e9;
        String figures = String.format(
                Locale.ROOT,
                "%3.0f %%, %s of %s, %s/s",
                share * 100,
                Units.show(done),
                Units.show(total),
                Units.show((long) (done / seconds)));
        if (terminal) {
            int full = (int) (share * WIDTH);
            String left = share > 0 && share < 1
                    ? String.format(Locale.ROOT, ", %.0f s left", seconds / share - seconds)
                    : "";
            // Back to the line's start, and clear what an earlier, longer line leaves over.
            err.print("\r\u001b[K" + what + " [" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + figures + left);
            err.flush();
            drawn = true;
        } else if (now - lastLine >= LINE_NANOS) {
            err.println(what + ": " + figures);
            lastLine = now;
        }
    }

    /** Takes the bar away. */
    void done() {
        if (drawn) {
            err.print("\r\u001b[K");
            err.flush();
        }
    }
}
