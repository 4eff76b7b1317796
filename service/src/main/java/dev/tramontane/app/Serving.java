package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Health;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.generation.TextGenerator;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the server is in its life: loading, ready, leaving, draining. What the probes and the routes ask. Written by the main
 * thread, read by event loops.
 */
final class Serving implements Health, ServedModels {

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

    /** What there is to serve once it has been loaded. */
    private record Loaded(TextGenerator generator, BooleanSupplier healthy) {}

    /** How long loading takes before any of it is measured. */
    private static final long UNKNOWN_NANOS = 5_000_000_000L;

    /** What a first step, which reads all weights, adds to the time of preparing them. */
    private static final double FIRST_STEP = 0.2;

    /** When it should be ready by now. */
    private static final int LATE_SECONDS = 2;

    private static final int MOST_SECONDS = 3600;

    private static final String FAILED = "failed";

    private final String name;
    private final long createdSeconds;
    private final ModelFacts facts;
    private volatile Phase phase = Phase.LOADING;
    private final Supplier<Answer> live;
    private volatile @Nullable Loaded loaded;
    private final LongSupplier clock;
    private final long startNanos;
    private volatile long readyNanos;

    /**
     * @param name of the model
     * @param createdSeconds of its file, since 1970
     * @param facts of its files
     * @param live whether its threads move
     * @param nanoClock monotonic nanoseconds; loading begins now
     */
    Serving(String name, long createdSeconds, ModelFacts facts, Supplier<Answer> live, LongSupplier nanoClock) {
        clock = nanoClock;
        startNanos = nanoClock.getAsLong();
        readyNanos = startNanos + UNKNOWN_NANOS;
        this.live = live;
        this.name = name;
        this.createdSeconds = createdSeconds;
        this.facts = facts;
    }

    /** The model's name. */
    String name() {
        return name;
    }

    /** What its files are. */
    ModelFacts facts() {
        return facts;
    }

    /** Bytes of the model that are prepared, of all: when it will be ready is told from the time that they took. */
    void loading(long done, long total) {
        if (done > 0 && total >= done) {
            double taken = clock.getAsLong() - startNanos;
            readyNanos = startNanos + (long) (taken * ((double) total / done + FIRST_STEP));
        }
    }

    private int secondsUntilReady() {
        long left = readyNanos - clock.getAsLong();
        return left <= 0 ? LATE_SECONDS : Math.clamp(Math.ceilDiv(left, 1_000_000_000L), 1, MOST_SECONDS);
    }

    /** The model answers. */
    void ready(TextGenerator generator, BooleanSupplier healthy) {
        loaded = new Loaded(generator, healthy);
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
        return Stream.concat(Stream.of(Phase.values()).map(Phase::word), Stream.of(FAILED))
                .toList();
    }

    /** In one word: one of its phases, or that the model has failed. */
    String state() {
        Loaded served = loaded;
        return served != null && !served.healthy().getAsBoolean() ? FAILED : phase.word();
    }

    @Override
    public Answer live() {
        return live.get();
    }

    @Override
    public Answer started() {
        return loaded == null ? new Answer(false, Phase.LOADING.detail) : Answer.WELL;
    }

    @Override
    public Answer ready() {
        Phase now = phase;
        Loaded served = loaded;
        if (now != Phase.READY) {
            return new Answer(false, now.detail);
        }
        return served != null && served.healthy().getAsBoolean()
                ? Answer.WELL
                : new Answer(false, "the model has failed; the server must be restarted");
    }

    @Override
    public List<Entry> list() {
        Loaded served = loaded;
        return List.of(new Entry(
                name, createdSeconds, served == null ? null : served.generator().profile()));
    }

    @Override
    public @Nullable TextGenerator find(@Nullable String asked) {
        if (asked != null && !asked.equals(name)) {
            return null;
        }
        Loaded served = loaded;
        if (served == null) {
            throw new ApiException(
                    503,
                    "server_error",
                    "The model is being loaded. Try again soon.",
                    null,
                    "loading",
                    secondsUntilReady());
        }
        return served.generator();
    }
}
