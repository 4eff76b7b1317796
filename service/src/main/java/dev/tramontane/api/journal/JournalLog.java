package dev.tramontane.api.journal;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is told of answers' files: to metrics all of it, to the log no more than it can bear. Any thread. */
final class JournalLog {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    /** Log lines about files are this far apart at least: a directory may be full of bad ones. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final JournalObserver observer;
    private final AtomicLong lastLine = new AtomicLong(System.nanoTime() - QUIET_NANOS);

    JournalLog(JournalObserver observer) {
        this.observer = observer;
    }

    void written() {
        observer.written();
    }

    /** An answer goes on here. */
    void restored() {
        observer.restored();
    }

    /** A file was not what its name promises, or not for this process. */
    void refused(Path file, JournalException why) {
        observer.refused();
        say("the file " + file + " " + why.getMessage(), null);
    }

    /** The file system did not do what was wanted. */
    void failed(String what, Exception why) {
        observer.failed();
        say(what, why);
    }

    private void say(String line, @Nullable Exception why) {
        long now = System.nanoTime();
        long last = lastLine.get();
        if (now - last >= QUIET_NANOS && lastLine.compareAndSet(last, now)) {
            LOG.warn(line, why);
        }
    }
}
