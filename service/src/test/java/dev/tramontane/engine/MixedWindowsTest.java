package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyDirectory;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import dev.tramontane.source.ModelSource;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model some of whose layers have a window: each group of layers has its own ring, and answers don't depend on it. */
@Tag("backends")
final class MixedWindowsTest {
    private static final int WINDOW = 24;
    private static final int CONTEXT = 512;
    private static final int PAGE = 16;
    private static final int ANSWER = 150;

    @TempDir
    Path directory;

    private Path model;

    @BeforeEach
    void writeTheModel() throws IOException {
        model = TinyDirectory.mistral(new TinyModel(4, 0, CONTEXT, Kernels.matrices(), false, 7), directory);
        Path params = model.resolve("params.json");
        JsonObject json = new JsonObject(Files.readString(params));
        Files.writeString(
                params, json.put("sliding_window", Arrays.asList(null, WINDOW)).encode());
    }

    @Test
    void theEnginesAnswersAreThoseOfWholeRings() throws RefusedException {
        int[][] prompts = {Asks.prompt(5, 1), Asks.prompt(70, 2), Asks.prompt(33, 3)};
        List<List<Integer>> answers = new ArrayList<>();
        try (LoadedModel loaded = load();
                EngineLoop engine = new EngineLoop(
                        loaded.model(),
                        new EngineConfig(
                                new EngineConfig.Step(2, 20, 8),
                                new EngineConfig.Cache(PAGE, Kernels.cacheType(CacheType.F32), 4 << 20),
                                new EngineConfig.Admission(3, CONTEXT, 3, 16, 4096)),
                        EngineObserver.NONE,
                        System::nanoTime)) {
            assertThat(loaded.geometry().groups())
                    .containsExactly(new LayerGroup(0, List.of(0, 2)), new LayerGroup(WINDOW, List.of(1, 3)));
            assertThat(engine.plan().pages(0, CONTEXT)).isEqualTo(CONTEXT / PAGE);
            assertThat(engine.plan().pages(1, CONTEXT)).isEqualTo((WINDOW + 20 - 1 + PAGE - 1) / PAGE + 1);
            for (int[] prompt : prompts) {
                List<Integer> answer = new ArrayList<>();
                answers.add(answer);
                engine.submit(Asks.greedy(prompt, ANSWER), List.of(collecting(answer)));
            }
            while (engine.step()) {
                engine.checkBooks();
            }
        }
        for (int i = 0; i < prompts.length; i++) {
            assertThat(answers.get(i)).as("prompt %d", i).isEqualTo(alone(prompts[i]));
        }
        assertThat(Set.copyOf(answers)).hasSize(prompts.length);
    }

    private static SequenceListener collecting(List<Integer> answer) {
        return new SequenceListener() {
            @Override
            public void onToken(TokenScore token) {
                answer.add(token.id());
            }

            @Override
            public void onFinish(Finish finish) {
                assertThat(finish.reason()).isEqualTo(FinishReason.LENGTH);
            }
        };
    }

    /** The same, token by token, in rings as long as the context. */
    private List<Integer> alone(int[] prompt) {
        int ring = CONTEXT / PAGE;
        List<Integer> answer = new ArrayList<>();
        try (LoadedModel loaded = load()) {
            loaded.model()
                    .sizeCache(new CacheShape(
                            PAGE,
                            1,
                            1,
                            1,
                            1,
                            Kernels.cacheType(CacheType.F32),
                            Collections.nCopies(2, new CacheShape.Group(ring, ring))));
            StepBatch batch = loaded.model().newBatch();
            for (int at = 0; answer.size() < ANSWER; at++) {
                batch.clear();
                for (int entry = 0; at == 0 && entry < 2 * ring; entry++) {
                    batch.addEdit(0, entry % 2, entry / 2, entry / 2);
                }
                batch.addSpan(0, at);
                int row = batch.addRow(at < prompt.length ? prompt[at] : answer.getLast());
                batch.addDraw(row, 0, at + 1, Sampling.GREEDY);
                loaded.model().submit(batch);
                assertThat(loaded.model().await(-1)).isTrue();
                if (at >= prompt.length - 1) {
                    answer.add(batch.resultToken(0));
                }
            }
        }
        return answer;
    }

    private LoadedModel load() {
        LoadOptions options = new LoadOptions(Kernels.backend(), CpuLevel.AUTO, 1, OptionalInt.empty());
        return LoadedModel.load(Kernels.library(), ModelSource.open(model), options, (done, total) -> {});
    }
}
