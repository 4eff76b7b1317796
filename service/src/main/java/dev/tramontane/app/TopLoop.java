package dev.tramontane.app;

import dev.tramontane.top.Reading;
import dev.tramontane.top.UnreachableException;
import dev.tramontane.top.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks at a server again and again, shows what it sees, and does what keys say. One thread. */
final class TopLoop {
    private static final Duration SHORTEST = Duration.ofMillis(200);
    private static final Duration LONGEST = Duration.ofHours(1);

    /** Keys that are no letters. */
    private static final int CONTROL_C = 3;

    private static final int CONTROL_D = 4;

    /** Asks the server. */
    interface Look {
        Reading read() throws UnreachableException, InterruptedException;
    }

    private final Look look;
    private final String url;
    private final Display display;
    private Duration every;
    private boolean paused;
    private @Nullable Reading before;
    private @Nullable Reading last;

    /** From which on figures are counted, in place of the look before. */
    private @Nullable Reading since;

    private String fault = "";

    TopLoop(Look look, String url, Duration every, Display display) {
        this.look = look;
        this.url = url;
        this.every = every;
        this.display = display;
    }

    static String title(String url, String state) {
        return "tramontane top - " + View.printable(url) + " - " + View.printable(state);
    }

    /** Until a key or a signal ends it. */
    void run() throws InterruptedException {
        look();
        while (true) {
            display.show(lines());
            int key = display.key(every);
            switch (key) {
                case 'q', 'Q', CONTROL_C, CONTROL_D -> {
                    return;
                }
                case 'p', 'P', ' ' -> paused = !paused;
                case '+', '=' -> every = within(every.multipliedBy(2));
                case '-', '_' -> every = within(every.dividedBy(2));
                case 'r', 'R' -> since = since == null ? last : null;
                case Display.NONE -> {
                    if (!paused) {
                        look();
                    }
                }
                default -> {}
            }
        }
    }

    private static Duration within(Duration time) {
        return time.compareTo(SHORTEST) < 0 ? SHORTEST : time.compareTo(LONGEST) > 0 ? LONGEST : time;
    }

    private void look() throws InterruptedException {
        try {
            Reading now = look.read();
            before = last;
            last = now;
            fault = "";
        } catch (UnreachableException silent) { // It may come back: what was seen last stays, and says that it is old.
            fault = String.valueOf(silent.getMessage());
        }
    }

    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        Reading now = last;
        String state = now == null ? "not seen yet" : View.state(now);
        lines.add(title(url, fault.isEmpty() ? state : "not answering") + " - every " + Units.show(every)
                + (since == null ? "" : " - counted since r") + (paused ? " - paused" : ""));
        if (!fault.isEmpty()) {
            lines.add(View.printable(fault) + (now == null ? "" : "; below is what it said last"));
        }
        lines.add("");
        if (now != null) {
            lines.addAll(View.lines(now, since == null ? before : now.equals(since) ? null : since));
        }
        lines.add("");
        lines.add("q ends, p pauses, + and - change the interval, r counts from now on, or no more");
        return lines;
    }
}
