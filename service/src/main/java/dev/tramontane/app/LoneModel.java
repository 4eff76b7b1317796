package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.generation.AdaptedGenerator;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.TextGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The one model of a server, loaded at its start, which stays. Written by the main thread, read by event loops. */
final class LoneModel implements Stock {
    /** How long loading takes before any of it is measured. */
    private static final long UNKNOWN_NANOS = 5_000_000_000L;

    /** What a first step, which reads all weights, adds to the time of preparing them. */
    private static final double FIRST_STEP = 0.2;

    /** When it should be ready by now. */
    private static final int LATE_SECONDS = 2;

    private static final int MOST_SECONDS = 3600;

    /** What there is to serve once it has been loaded. */
    private record Loaded(TextGenerator generator, BooleanSupplier broken, Supplier<@Nullable String> lost) {}

    private final String name;
    private final long createdSeconds;
    private final ModelFacts facts;
    private final ServedAdapters adapters;
    private final LongSupplier clock;
    private final long startNanos;
    private volatile long readyNanos;
    private volatile @Nullable Loaded loaded;

    /**
     * @param name of the model
     * @param createdSeconds of its file, since 1970
     * @param facts of its files
     * @param adapters of it
     * @param nanoClock monotonic nanoseconds; loading begins now
     */
    LoneModel(String name, long createdSeconds, ModelFacts facts, ServedAdapters adapters, LongSupplier nanoClock) {
        this.name = name;
        this.createdSeconds = createdSeconds;
        this.facts = facts;
        this.adapters = adapters;
        clock = nanoClock;
        startNanos = nanoClock.getAsLong();
        readyNanos = startNanos + UNKNOWN_NANOS;
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

    /**
     * The model answers.
     *
     * @param broken whether it has failed for good
     * @param lost why it does not compute for now, though it will again; null for no such reason
     */
    void ready(TextGenerator generator, BooleanSupplier broken, Supplier<@Nullable String> lost) {
        loaded = new Loaded(generator, broken, lost);
    }

    @Override
    public ModelFacts facts(String id) {
        return facts;
    }

    @Override
    public @Nullable String failed() {
        Loaded served = loaded;
        return served != null && served.broken().getAsBoolean() ? "the model has failed" : null;
    }

    @Override
    public @Nullable String lost() {
        Loaded served = loaded;
        return served == null ? null : served.lost().get();
    }

    @Override
    public List<Entry> list() {
        Loaded served = loaded;
        ModelProfile profile = served == null ? null : served.generator().profile();
        List<Entry> entries = new ArrayList<>(List.of(new Entry(name, createdSeconds, profile)));
        adapters.of(name)
                .all()
                .forEach((id, adapter) -> entries.add(new Entry(id, adapter.createdSeconds(), profile, null, name)));
        return entries;
    }

    @Override
    public @Nullable TextGenerator find(@Nullable String asked) {
        Loaded served = loaded;
        if (served == null) {
            if (asked != null && !asked.equals(name) && adapters.find(asked).isEmpty()) {
                return null;
            }
            throw new ApiException(
                    503,
                    "server_error",
                    "The model is being loaded. Try again soon.",
                    null,
                    "loading",
                    secondsUntilReady());
        }
        return asked == null || asked.equals(name)
                ? served.generator()
                : adapters.find(asked)
                        .map(found -> new AdaptedGenerator(served.generator(), asked, found.adapter()))
                        .orElse(null);
    }

    @Override
    public @Nullable Adapting adapting() {
        return adapters.changes() ? adapters : null;
    }
}
