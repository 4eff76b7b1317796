package dev.tramontane.api.ws;

import io.vertx.core.Vertx;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Something that happens unless it is stopped in time. Event loop only. */
final class Deadline {
    private final Vertx vertx;
    private final Duration time;
    private final Runnable late;
    private @Nullable Long timer;

    /** @param late run once for a start that was not followed by a stop within the time */
    Deadline(Vertx vertx, Duration time, Runnable late) {
        this.vertx = vertx;
        this.time = time;
        this.late = late;
    }

    /** Lets the time run; a start while it runs changes nothing. */
    void start() {
        if (timer == null) {
            timer = vertx.setTimer(time.toMillis(), ignored -> {
                timer = null;
                late.run();
            });
        }
    }

    void stop() {
        if (timer != null) {
            vertx.cancelTimer(timer);
            timer = null;
        }
    }
}
