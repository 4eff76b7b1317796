package dev.tramontane.app;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whoever reads a pipe or a file: one block after the other, an empty line between them. No keys. */
final class PlainDisplay implements Display {
    private final StandardOutput out;
    private final CountDownLatch stopped;
    private boolean shown;

    /** @param stopped ends a wait early */
    PlainDisplay(StandardOutput out, CountDownLatch stopped) {
        this.out = out;
        this.stopped = stopped;
    }

    @Override
    public void show(List<String> lines) {
        if (shown) {
            out.println();
        }
        shown = true;
        lines.forEach(out::println);
        out.flush();
        out.check();
    }

    @Override
    public int key(Duration most) throws InterruptedException {
        return stopped.await(most.toMillis(), TimeUnit.MILLISECONDS) ? 'q' : NONE;
    }

    @Override
    public void close() {}
}
