package dev.tramontane.app;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Progress of a long work on stderr: a bar on a terminal, a line every ten seconds elsewhere, and nothing at all when
 * the work is short. Called by one thread.
 *
 * <p>The terminal's width may be anything, and change. So the bar is drawn with wrapping off, what matters most first,
 * and the cursor goes back to its beginning at once: wherever a terminal puts the rest of a line that has become too
 * long, it is behind the cursor, and clearing takes it away.
 */
final class ProgressBar {
    private static final int WIDTH = 30;
    private static final String CLEAR = "\u001b[J";
    private static final String NO_WRAP = "\u001b[?7l";
    private static final String WRAP = "\u001b[?7h";
    private static final long PATIENCE_NANOS = 500_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    private final PrintStream err;
    private final boolean terminal;
    private final String what;
    private final LongFunction<String> amount;
    private final LongSupplier clock;
    private final long start;
    private long lastLine;
    private boolean drawn;
    private long before;

    /** Of bytes. */
    ProgressBar(String what, PrintStream err, boolean terminal, LongSupplier clock) {
        this(what, Units::show, err, terminal, clock);
    }

    /**
     * @param amount says so many of what is counted, for people
     * @param clock monotonic nanoseconds
     */
    ProgressBar(String what, LongFunction<String> amount, PrintStream err, boolean terminal, LongSupplier clock) {
        this.what = what;
        this.amount = amount;
        this.err = err;
        this.terminal = terminal;
        this.clock = clock;
        start = clock.getAsLong();
        lastLine = start;
    }

    /** So much was done before: it says nothing of the rate. */
    ProgressBar from(long done) {
        before = done;
        return this;
    }

    /** @param total 0 while unknown */
    void at(long done, long total) {
        long now = clock.getAsLong();
        if (total <= 0 || now - start < PATIENCE_NANOS) {
            return;
        }
        double share = Math.clamp((double) done / total, 0, 1);
        double seconds = (now - start) / 1e9;
        String percent = String.format(Locale.ROOT, "%3.0f %%", share * 100);
        double rate = (done - before) / seconds;
        String left = rate > 0 && share < 1 ? String.format(Locale.ROOT, ", %.0f s left", (total - done) / rate) : "";
        String figures =
                amount.apply(done) + " of " + amount.apply(total) + ", " + amount.apply((long) rate) + "/s" + left;
        if (terminal) {
            int full = (int) (share * WIDTH);
            String bar = "#".repeat(full) + ".".repeat(WIDTH - full);
            err.print(CLEAR + NO_WRAP + percent + " [" + bar + "] " + what + ", " + figures + WRAP + "\r");
            err.flush();
            drawn = true;
        } else if (now - lastLine >= LINE_NANOS) {
            err.println(what + ": " + percent + ", " + figures);
            lastLine = now;
        }
    }

    /** Takes the bar away. */
    void done() {
        if (drawn) {
            err.print(CLEAR);
            err.flush();
        }
    }
}
