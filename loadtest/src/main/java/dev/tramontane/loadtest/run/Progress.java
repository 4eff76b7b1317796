package dev.tramontane.loadtest.run;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.measure.Durations;
import dev.tramontane.loadtest.measure.Summary;
import dev.tramontane.loadtest.measure.Tally;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The run as it goes, on stderr: a line that changes on a terminal, a line every ten seconds elsewhere. */
public final class Progress implements AutoCloseable {
    private static final String CLEAR = "\u001b[J";
    private static final String NO_WRAP = "\u001b[?7l";
    private static final String WRAP = "\u001b[?7h";
    private static final long TERMINAL_MILLIS = 500;
    private static final long LINE_MILLIS = 10_000;

    private final Thread thread;
    private final PrintStream err;
    private final boolean terminal;

    /** Begins to show it. */
    public Progress(Tally tally, LongSupplier clock, PrintStream err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
        thread = Thread.ofPlatform().daemon().name("progress").start(() -> {
            try {
                while (true) {
                    Thread.sleep(terminal ? TERMINAL_MILLIS : LINE_MILLIS);
                    String line = line(tally.summary(clock.getAsLong(), false));
                    if (terminal) {
                        err.print(CLEAR + NO_WRAP + line + WRAP + "\r");
                        err.flush();
                    } else {
                        err.println(line);
                    }
                }
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
    }

    static String line(Summary summary) {
        long bad = summary.count(End.FAILED) + summary.count(End.REFUSED);
        String text = String.format(
                Locale.ROOT,
                "%.0f s: %d done, %d running, %.0f tok/s",
                summary.seconds(),
                summary.requests(),
                summary.running(),
                summary.tokensPerSecond());
        if (summary.raw().firstToken().count() > 0) {
            text += ", first token " + Durations.show(summary.raw().firstToken().at(50)) + " (p99 "
                    + Durations.show(summary.raw().firstToken().at(99)) + ")";
        }
        return bad == 0 ? text : text + ", " + bad + " REFUSED OR FAILED";
    }

    /** Takes the line away. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
        if (terminal) {
            err.print(CLEAR);
            err.flush();
        }
    }
}
