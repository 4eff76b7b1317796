package dev.tramontane.app;

import dev.tramontane.api.Health;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Where the server is in its life: loading, ready, leaving, draining. What the probes ask. Written by the main thread, read by any. */
final class Serving implements Health {

    /** Why the server is not ready, when it is not. */
    private enum Phase {
        LOADING("the model is being loaded"),
        READY(""),
        LEAVING("the server is shutting down; requests are still taken for a while"),
        DRAINING("the server is shutting down");

        final String detail;

        Phase(String detail) {
            this.detail = detail;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String FAILED = "failed";
    private static final String LOST = "lost";

    private final Stock stock;
    private final Supplier<Answer> live;
    private volatile Phase phase = Phase.LOADING;

    /** @param live whether its threads move */
    Serving(Stock stock, Supplier<Answer> live) {
        this.stock = stock;
        this.live = live;
    }

    /** What is loaded at start is. */
    void loaded() {
        phase = Phase.READY;
    }

    /** Not ready any more, but requests are still taken. */
    void leaving() {
        phase = Phase.LEAVING;
    }

    /** Requests are not taken any more; what runs goes on. */
    void draining() {
        phase = Phase.DRAINING;
    }

    /** All that {@link #state} says. */
    static List<String> states() {
        return Stream.concat(Stream.of(Phase.values()).map(Phase::word), Stream.of(LOST, FAILED))
                .toList();
    }

    /** In one word: one of its phases, or that a part of a model is lost, or that one has failed. */
    String state() {
        if (stock.failed() != null) {
            return FAILED;
        }
        return phase == Phase.READY && stock.lost() != null ? LOST : phase.word();
    }

    @Override
    public Answer live() {
        return live.get();
    }

    @Override
    public Answer started() {
        return phase == Phase.LOADING ? new Answer(false, Phase.LOADING.detail) : Answer.WELL;
    }

    @Override
    public Answer ready() {
        Phase now = phase;
        if (now != Phase.READY) {
            return new Answer(false, now.detail);
        }
        String failed = stock.failed();
        if (failed != null) {
            return new Answer(false, failed + "; the server must be restarted");
        }
        String lost = stock.lost();
        return lost == null ? Answer.WELL : new Answer(false, lost + "; requests are taken again when it is back");
    }
}
