package dev.tramontane.app;

import dev.tramontane.app.MemorySum.Item;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.engine.CachePlan;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.load.MemoryEstimate;
import dev.tramontane.load.WorkspaceEstimate;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** The draft model beside a model: the memory that it takes, planned with the other's, and whether the two have the same tokens. */
final class Drafts {
    private Drafts() {}

    /** What it will take; nothing where there is none. */
    static List<Item> items(KernelLibrary library, Sizing sizing, Configuration configuration, int threads) {
        Optional<Path> path = configuration.engine().draft().path();
        if (path.isEmpty()) {
            return List.of();
        }
        Backend backend = Models.backend(configuration);
        try (ModelSource source = ModelSource.open(path.get())) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            MemoryEstimate weights = MemoryEstimate.of(library, plan, backend, Optional.empty());
            CachePlan cache = CachePlan.of(plan.geometry(), config(plan.geometry(), sizing));
            MemoryUse step = WorkspaceEstimate.of(library, plan.geometry(), backend, cache.shape(), threads);
            Place place = backend == Backend.CUDA ? Place.DEVICE : Place.OWN;
            return List.of(
                    new Item(
                            "draft model's weights in place",
                            "draft_weights_in_place_bytes",
                            weights.inPlace(),
                            Place.FILE),
                    new Item(
                            "draft model's weights" + (backend.isDevice() ? " copied to the device" : " repacked"),
                            "draft_weights_repacked_bytes",
                            weights.repacked(),
                            place),
                    new Item("draft model's cache", "draft_cache_bytes", cache.bytes(), place),
                    new Item(
                            "draft model's workspace",
                            "draft_workspace_bytes",
                            step.workspace() + step.cache() - cache.bytes(),
                            place));
        }
    }

    /** Bytes of its weights that are copied; 0 where there is none. */
    static long weights(KernelLibrary library, Configuration configuration) {
        Optional<Path> path = configuration.engine().draft().path();
        if (path.isEmpty()) {
            return 0;
        }
        try (ModelSource source = ModelSource.open(path.get())) {
            return MemoryEstimate.of(
                            library, source.plan(OptionalInt.empty()), Models.backend(configuration), Optional.empty())
                    .repacked();
        }
    }

    /** Why a backend cannot compute it; empty when it can, or there is none. */
    static Optional<String> lack(KernelLibrary library, Configuration configuration, Backend backend) {
        Optional<Path> path = configuration.engine().draft().path();
        if (path.isEmpty()) {
            return Optional.empty();
        }
        return reason(library, path.get(), backend)
                .map(reason -> "of the draft model " + path.get().getFileName() + ", " + reason);
    }

    private static Optional<String> reason(KernelLibrary library, Path path, Backend backend) {
        try (ModelSource source = ModelSource.open(path)) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            WorkspaceEstimate.requireShape(library, plan.geometry(), backend);
            return MemoryEstimate.lacking(library, plan, backend, Optional.empty());
        } catch (ModelException refused) {
            return Optional.of(String.valueOf(refused.getMessage()));
        }
    }

    /**
     * As the model's, with a cache for as many whole sequences as the model's has, and no more than are computed in a step; without
     * adapters.
     */
    private static EngineConfig config(ModelGeometry geometry, Sizing sizing) {
        return sizing.engine().withCacheBytes(cacheBytes(geometry, sizing)).withAdapters(AdapterRoom.NONE);
    }

    /** Bytes of the draft model's cache. */
    static long cacheBytes(ModelGeometry geometry, Sizing sizing) {
        EngineConfig engine = sizing.engine();
        int sequences = Math.clamp(sizing.plan().sequences(engine.contextTokens()), 1, engine.lanes());
        return CachePlan.bytesFor(geometry, engine, engine.contextTokens(), sequences);
    }

    /**
     * Loads it.
     *
     * @param configuration that has one
     * @param model for which it is to guess
     * @throws UsageException when the two don't have the same tokens
     */
    static LoadedModel load(Configuration configuration, KernelLibrary library, LoadedModel model) {
        Path path = configuration.engine().draft().path().orElseThrow();
        LoadOptions options = Models.placed(configuration, OptionalInt.empty(), Optional.empty());
        LoadedModel draft = LoadedModel.load(library, ModelSource.open(path), options, (done, total) -> {});
        return checked(
                draft,
                opened -> Tokens.of(model).difference(Tokens.of(opened)).ifPresent(difference -> {
                    throw unfit(path, "this model", difference);
                }));
    }

    /** It is closed unless it passes. */
    static LoadedModel checked(LoadedModel draft, Consumer<LoadedModel> check) {
        try {
            check.accept(draft);
            return draft;
        } catch (RuntimeException | Error refused) {
            draft.close();
            throw refused;
        }
    }

    /** @param model for which it cannot guess */
    static UsageException unfit(Path draft, String model, String difference) {
        return new UsageException("the draft model " + draft + " cannot guess for " + model + ": " + difference
                + "; a draft model has the same tokens, as a small one of the same family has");
    }

    /**
     * What a model's ids stand for.
     *
     * @param vocabulary how many it computes
     */
    record Tokens(Tokenizer tokenizer, int vocabulary) {
        private static Tokens of(LoadedModel model) {
            return new Tokens(model.tokenizer(), model.geometry().vocabulary());
        }

        /** Of a model's files. Takes up to seconds for large vocabularies. */
        static Tokens of(Path path, OptionalInt window) {
            try (ModelSource source = ModelSource.open(path)) {
                ModelPlan plan = source.plan(window);
                return new Tokens(
                        LoadedModel.tokenizer(source, plan), plan.geometry().vocabulary());
            }
        }

        /** What is the first difference to a draft model's; empty where it has the same. */
        Optional<String> difference(Tokens draft) {
            if (vocabulary != draft.vocabulary) {
                return Optional.of("it has " + draft.vocabulary + " tokens, not " + vocabulary);
            }
            Tokenizer others = draft.tokenizer;
            for (int id = 0; id < vocabulary; id++) {
                if (tokenizer.isControl(id) != others.isControl(id)
                        || !Arrays.equals(tokenizer.bytes(id), others.bytes(id))
                        || !tokenizer.piece(id).equals(others.piece(id))) {
                    return Optional.of("its token " + id + " is \"" + others.piece(id) + "\", not \""
                            + tokenizer.piece(id) + "\"");
                }
            }
            return Optional.empty();
        }
    }
}
