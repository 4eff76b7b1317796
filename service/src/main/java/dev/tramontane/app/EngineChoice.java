package dev.tramontane.app;

import dev.tramontane.engine.Speculation;
import dev.tramontane.model.CacheType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How many requests are computed, held and queued. {@link Sizing} makes the engine's sizes of it.
 *
 * @param lanes sequences in a step at most
 * @param batchTokens tokens in a step at most; not below {@code lanes}
 * @param stepTime how long a step should take at most
 * @param slots sequences that hold pages at most; not below {@code lanes}
 * @param cacheBytes of the key/value cache
 * @param kv what keys and values are kept as
 * @param prefixes whether what was computed is kept for later requests that begin alike
 * @param lora adapters
 * @param speculation how tokens are guessed ahead
 * @param draft which model guesses
 * @param snapshots where it outlives the process
 * @param queueRequests requests that may wait
 * @param queueTokens prompt tokens that may wait
 */
record EngineChoice(
        int lanes,
        int batchTokens,
        Duration stepTime,
        int slots,
        OptionalLong cacheBytes,
        CacheType kv,
        boolean prefixes,
        Speculation speculation,
        LoraChoice lora,
        DraftChoice draft,
        SnapshotChoice snapshots,
        int queueRequests,
        long queueTokens) {

    /** The same with that draft model. */
    EngineChoice drafting(Path path) {
        return with(lora, new DraftChoice(draft.asked(), Optional.of(path)));
    }

    /** The same with those adapters. */
    EngineChoice adapted(LoraChoice adapters) {
        return with(adapters, draft);
    }

    private EngineChoice with(LoraChoice adapters, DraftChoice guessing) {
        return new EngineChoice(
                lanes,
                batchTokens,
                stepTime,
                slots,
                cacheBytes,
                kv,
                prefixes,
                speculation,
                adapters,
                guessing,
                snapshots,
                queueRequests,
                queueTokens);
    }

    static EngineChoice of(SettingValues values) {
        EngineChoice engine = new EngineChoice(
                values.whole(Setting.MAX_BATCH, 1, 1024).orElseThrow(),
                values.whole(Setting.BATCH_TOKENS, 1, 65_536).orElseThrow(),
                values.time(Setting.STEP_TIME, "1ms to 1h", Duration.ofMillis(1), Duration.ofHours(1)),
                values.whole(Setting.MAX_SEQUENCES, 1, 65_536).orElseThrow(),
                values.size(Setting.CACHE_MEMORY),
                values.choice(
                                Setting.KV,
                                List.of(CacheType.F16, CacheType.BF16, CacheType.F32, CacheType.FP8),
                                CacheType::word)
                        .orElseThrow(),
                values.on(Setting.PREFIX_CACHE),
                values.speculation(Setting.SPECULATE),
                LoraChoice.of(values),
                DraftChoice.of(values),
                SnapshotChoice.of(values),
                values.whole(Setting.QUEUE_REQUESTS, 1, 1_000_000).orElseThrow(),
                values.whole(Setting.QUEUE_TOKENS, 1, Integer.MAX_VALUE).orElseThrow());
        values.atLeast(Setting.BATCH_TOKENS, engine.batchTokens(), Setting.MAX_BATCH, engine.lanes());
        if (engine.speculation().method() == Speculation.Method.MODEL
                && engine.draft().asked().isEmpty()) {
            throw new UsageException(
                    Setting.SPECULATE.flag() + " draft_model needs " + Setting.DRAFT_MODEL.flag() + " MODEL");
        }
        values.atLeast(Setting.MAX_SEQUENCES, engine.slots(), Setting.MAX_BATCH, engine.lanes());
        return engine;
    }
}
