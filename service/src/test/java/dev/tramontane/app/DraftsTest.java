package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.app.MemoryLimit.Bound;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.Sampling;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A draft model beside a model: its memory is planned, its tokens are compared, and it changes no answer. */
final class DraftsTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path dir;

    private static Configuration configuration(Path model, Path draft) {
        return Configuration.of(Settings.of(
                        Map.of(
                                Setting.MODEL, model.toString(),
                                Setting.DRAFT_MODEL, draft.toString(),
                                Setting.SPECULATE, "draft_model:4",
                                Setting.CONTEXT, "512",
                                Setting.CACHE_MEMORY, "64MiB",
                                Setting.THREADS, "1"),
                        Map.of(),
                        Map.of(),
                        ""))
                .withModel(model)
                .drafting(draft);
    }

    private static Environment environment() {
        return new Environment(
                Map.of(
                        "TRAMONTANE_LIBRARY_DIRECTORY",
                        Path.of("target", "kernel-cache").toAbsolutePath().toString()),
                System.getProperties(),
                System.in,
                new StandardOutput(System.out),
                System.err,
                false,
                false,
                false,
                action -> {});
    }

    private Path model() throws IOException {
        return TinyModel.PLAIN.withContext(512).withType(DType.Q8_0).writeTo(dir);
    }

    @Test
    void memorySaidIsMemoryHad() throws IOException {
        Path model = model();
        Path other = TinyModel.PLAIN
                .withContext(512)
                .withWindow(64)
                .withType(DType.Q4_0)
                .writeTo(dir);
        Configuration configuration = configuration(model, other);
        MemoryLimit limit = new MemoryLimit(List.of(new Bound("the machine", 24 * GIB, 22 * GIB, false)));
        try (ModelSource source = ModelSource.open(model);
                LoadedModel loaded =
                        TinyModel.PLAIN.withContext(512).withType(DType.Q8_0).load(dir, Kernels.backend());
                LoadedModel draft = Drafts.load(configuration, Kernels.library(), loaded)) {
            MemoryPlan plan =
                    MemoryPlan.of(Kernels.library(), source.plan(OptionalInt.empty()), configuration, limit, 1, GIB);
            MemorySum sum = plan.sum();
            draft.model()
                    .sizeCache(dev.tramontane.engine.CachePlan.of(
                                    draft.geometry(),
                                    plan.sizing()
                                            .engine()
                                            .withCacheBytes(Drafts.cacheBytes(draft.geometry(), plan.sizing())))
                            .shape());
            MemoryUse had = draft.memory();
            assertThat(sum.bytes("draft_weights_in_place_bytes")).isEqualTo(had.weightsInPlace());
            assertThat(sum.bytes("draft_weights_repacked_bytes")).isEqualTo(had.weightsRepacked());
            assertThat(sum.bytes("draft_cache_bytes") + sum.bytes("draft_workspace_bytes"))
                    .isEqualTo(had.cache() + had.workspace());
            assertThat(sum.bytesOfModel())
                    .isGreaterThanOrEqualTo(had.weightsRepacked() + had.cache() + had.workspace());
        }
    }

    /** Else each request that finds its model unloaded would leave one more in memory. */
    @Test
    void aDraftModelThatCannotBeComparedIsClosedWhateverStopsIt() throws IOException {
        LoadedModel draft = TinyModel.PLAIN.load(dir, Kernels.backend());
        assertThat(Drafts.checked(draft, opened -> {})).isSameAs(draft);
        assertThat(draft.memory().weightsInPlace()).isPositive();
        OutOfMemoryError full = new OutOfMemoryError("of the test");
        assertThatThrownBy(() -> Drafts.checked(draft, opened -> {
                    throw full;
                }))
                .isSameAs(full);
        assertThatThrownBy(draft::memory).isInstanceOf(IllegalStateException.class);
    }

    /** So {@code --backend auto} doesn't take a device that could not load it. */
    @Test
    void aDeviceHasToComputeTheDraftModelToo() throws IOException {
        Path model = model();
        Path floats = TinyModel.PLAIN.withContext(512).withType(DType.F32).writeTo(dir);
        try (ModelSource source = ModelSource.open(model)) {
            ModelPlan plan = source.plan(OptionalInt.empty());
            assertThat(Devices.lack(Kernels.library(), plan, configuration(model, model), Backend.CUDA))
                    .isEmpty();
            assertThat(Devices.lack(Kernels.library(), plan, configuration(model, floats), Backend.CPU))
                    .isEmpty();
            assertThat(Devices.lack(Kernels.library(), plan, configuration(model, floats), Backend.CUDA)
                            .orElseThrow())
                    .isEqualTo("of the draft model " + floats.getFileName()
                            + ", it does not compute weights of F32 as output");
        }
    }

    @Test
    void answersAreTheSameAndSomeOfThemAreGuessed() throws IOException {
        Path model = model();
        EngineStatus[] last = new EngineStatus[1];
        EngineObserver books = new EngineObserver() {
            @Override
            public void books(EngineStatus status) {
                last[0] = status;
            }
        };
        GenerationRequest request = new GenerationRequest(
                new Prompt.Text("the quick brown fox"),
                1,
                OptionalInt.of(60),
                StopRules.at(List.of()),
                Sampling.NEUTRAL.withSeed(3),
                false,
                -1,
                -1);
        String[] texts = new String[2];
        for (int i = 0; i < 2; i++) {
            Configuration asked = configuration(model, model);
            if (i == 0) {
                asked = Configuration.of(Settings.of(
                                Map.of(Setting.SPECULATE, "off", Setting.CONTEXT, "512", Setting.CACHE_MEMORY, "64MiB"),
                                Map.of(),
                                Map.of(),
                                ""))
                        .withModel(model);
            }
            try (RunningModel running = RunningModel.open(asked, environment(), books)) {
                StringBuilder text = new StringBuilder();
                for (GenerationEvent event : Objects.requireNonNull(
                        running.generator().generate(request).collectList().block())) {
                    if (event instanceof GenerationEvent.Delta delta) {
                        text.append(delta.text());
                    }
                }
                texts[i] = text.toString();
            }
            assertThat(last[0].guessesAccepted() > 0).isEqualTo(i == 1);
        }
        assertThat(texts[1]).isEqualTo(texts[0]).isNotEmpty();
    }

    @Test
    void whatHasOtherTokensIsRefused() throws IOException, URISyntaxException {
        Path other = Path.of(Objects.requireNonNull(getClass().getResource("/oracle/models/nemo-head-dim-native"))
                .toURI());
        Outcome outcome = new CapturedProgram()
                .with("TRAMONTANE_DRAFT_MODEL", other.toString())
                .run("complete", "--model", model().toString(), "-n", "2", "a");
        assertThat(outcome.code()).isNotZero();
        assertThat(outcome.err()).contains("cannot guess for this model: it");
        Outcome missing = new CapturedProgram()
                .with("TRAMONTANE_SPECULATE", "draft_model")
                .run("complete", "--model", model().toString(), "-n", "2", "a");
        assertThat(missing.code()).isNotZero();
        assertThat(missing.err()).contains("--speculate draft_model needs --draft-model MODEL");
        for (String alone : List.of(model().toString(), "m=" + model())) {
            Outcome one = new CapturedProgram().run("serve", alone, "--draft-model", "none.gguf");
            assertThat(one.code()).isNotZero();
            assertThat(one.err()).contains("none.gguf");
        }
    }
}
