package dev.tramontane.app;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.model.ModelGeometry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How much context and cache a model gets on a machine: the engine's sizes, the plan that follows from them, and what
 * was decided on the way, a sentence each.
 */
record Sizing(EngineConfig engine, CachePlan plan, List<String> notes) {
    /** Tokens of a cache page. */
    private static final int PAGE_TOKENS = 32;

    /** A context that was not asked for is rounded down to these. */
    private static final int ROUND_TOKENS = 256;

    /** Sampled or scored rows of a step: each costs a row of logits in the workspace. */
    private static final int SAMPLES = 64;

    private static final int MAX_CHOICES = 8;

    Sizing {
        notes = List.copyOf(notes);
    }

    /**
     * The sizes with at most {@code left} bytes of cache.
     *
     * @return empty when not even the least useful context fits into them
     * @throws UsageException as {@link #of}
     */
    static Optional<Sizing> within(ModelGeometry geometry, Configuration configuration, long memory, long left) {
        return least(geometry, configuration) > left
                ? Optional.empty()
                : Optional.of(of(geometry, configuration, memory, Math.min(share(memory / 4, configuration), left)));
    }

    /**
     * The sizes with a cache in a device's memory.
     *
     * @param room bytes that the device has for it
     * @throws UsageException as {@link #of}
     */
    static Sizing onDevice(ModelGeometry geometry, Configuration configuration, long room) {
        return of(geometry, configuration, 2 * room, share(room, configuration));
    }

    /** Of several models each has its own cache, whichever are loaded at a time. */
    private static long share(long bytes, Configuration configuration) {
        return bytes / configuration.registry().models();
    }

    /**
     * The same, empty when not even the least useful context fits.
     *
     * @throws UsageException as {@link #of}
     */
    static Optional<Sizing> withinDevice(ModelGeometry geometry, Configuration configuration, long room) {
        return least(geometry, configuration) > room
                ? Optional.empty()
                : Optional.of(onDevice(geometry, configuration, room));
    }

    private static long least(ModelGeometry geometry, Configuration configuration) {
        int least = configuration.model().context().orElse(Math.min(ROUND_TOKENS, geometry.contextLength()));
        return bytesFor(geometry, configuration, least, 1);
    }

    /**
     * @param memory bytes of the machine, or of the control group if it allows less
     * @throws UsageException when what was asked for does not go together
     */
    static Sizing of(ModelGeometry geometry, Configuration configuration, long memory) {
        return of(geometry, configuration, memory, share(memory / 4, configuration));
    }

    /** @param share bytes of a cache for which no size was asked, at most */
    private static Sizing of(ModelGeometry geometry, Configuration configuration, long memory, long share) {
        List<String> notes = new ArrayList<>();
        int made = geometry.contextLength();
        int context = configuration.model().context().orElse(made);
        if (context > made) {
            notes.add("a context of " + context + " tokens is more than the " + made + " that the model was made for;"
                    + " answers may lose the thread");
        }
        long wanted = bytesFor(
                geometry, configuration, context, configuration.engine().lanes());
        long cache = configuration.engine().cacheBytes().orElse(Math.min(wanted, share));
        long one = bytesFor(geometry, configuration, context, 1);
        if (one > cache && configuration.model().context().isPresent()) {
            if (configuration.engine().cacheBytes().isPresent() || one > memory / 2) {
                throw new UsageException("--context " + context + " needs " + Units.show(one)
                        + " of cache for one sequence, but "
                        + (configuration.engine().cacheBytes().isPresent()
                                ? "--cache-memory is " + Units.show(cache)
                                : "half of the memory is " + Units.show(memory / 2))
                        + ": lower the context, give the cache more memory, or give the model a --window");
            }
            cache = one;
        } else if (one > cache) {
            context = largest(geometry, configuration, cache, context);
            if (context < ROUND_TOKENS) {
                throw new UsageException("a cache of " + Units.show(cache) + " holds not even " + ROUND_TOKENS
                        + " tokens of this model; give --cache-memory more");
            }
            notes.add("the context is " + context + " tokens, not the " + made
                    + " that the model was made for, because the cache has " + Units.show(cache)
                    + " (--cache-memory or --context change that)");
        }
        EngineConfig engine = config(configuration, context, cache);
        return new Sizing(engine, CachePlan.of(geometry, engine), notes);
    }

    /** Bytes of cache with which {@code sequences} of the whole context run at a time. */
    private static long bytesFor(ModelGeometry geometry, Configuration configuration, int context, int sequences) {
        return CachePlan.bytesFor(geometry, config(configuration, context, 1), context, sequences);
    }

    /** The largest context, a multiple of {@link #ROUND_TOKENS} below {@code limit}, of which one sequence fits. */
    private static int largest(ModelGeometry geometry, Configuration configuration, long cache, int limit) {
        int fits = 0;
        int exceeds = limit / ROUND_TOKENS + 1;
        while (exceeds - fits > 1) {
            int middle = (fits + exceeds) >>> 1;
            if (bytesFor(geometry, configuration, middle * ROUND_TOKENS, 1) <= cache) {
                fits = middle;
            } else {
                exceeds = middle;
            }
        }
        return fits * ROUND_TOKENS;
    }

    private static EngineConfig config(Configuration configuration, int context, long cache) {
        return new EngineConfig(
                new EngineConfig.Step(
                        configuration.engine().lanes(),
                        configuration.engine().batchTokens(),
                        Math.max(SAMPLES, configuration.engine().lanes()),
                        configuration.engine().stepTime().toNanos()),
                new EngineConfig.Cache(
                        PAGE_TOKENS,
                        configuration.engine().kv(),
                        cache,
                        configuration.engine().prefixes()),
                new EngineConfig.Admission(
                        configuration.engine().slots(),
                        context,
                        Math.min(MAX_CHOICES, configuration.engine().slots()),
                        configuration.engine().queueRequests(),
                        configuration.engine().queueTokens()),
                configuration.engine().speculation(),
                configuration.engine().lora().room());
    }
}
