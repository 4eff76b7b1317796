package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Health;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.generation.TextGenerator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the server is in its life: loading, ready, draining. What the probes and the routes ask. Written by the main
 * thread, read by event loops.
 */
final class Serving implements Health, ServedModels {

    /** Why the server is not ready, when it is not. */
    private enum Phase {
        LOADING("the model is being loaded"),
        READY(""),
        DRAINING("the server is shutting down");

        final String detail;

        Phase(String detail) {
            this.detail = detail;
        }
    }

    /** What there is to serve once it has been loaded. */
    private record Loaded(TextGenerator generator, BooleanSupplier healthy) {}

    private final String name;
    private final long createdSeconds;
    private volatile Phase phase = Phase.LOADING;
    private final Supplier<Answer> live;
    private volatile @Nullable Loaded loaded;

    /**
     * @param name of the model
     * @param createdSeconds of its file, since 1970
     * @param live whether its threads move
     */
    Serving(String name, long createdSeconds, Supplier<Answer> live) {
        this.live = live;
        this.name = name;
        this.createdSeconds = createdSeconds;
    }

    /** The model's name. */
    String name() {
        return name;
    }

    /** The model answers. */
    void ready(TextGenerator generator, BooleanSupplier healthy) {
        loaded = new Loaded(generator, healthy);
        phase = Phase.READY;
    }

    /** Not ready any more; what runs goes on. */
    void draining() {
        phase = Phase.DRAINING;
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
                name, createdSeconds, served == null ? 0 : served.generator().contextTokens()));
    }

    @Override
    public @Nullable TextGenerator find(@Nullable String asked) {
        if (asked != null && !asked.equals(name)) {
            return null;
        }
        Loaded served = loaded;
        if (served == null) {
            throw new ApiException(
                    503, "server_error", "The model is being loaded. Try again soon.", null, "loading", 5);
        }
        return served.generator();
    }
}
