package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.Stage;
import dev.tramontane.model.StageFacts;
import dev.tramontane.model.StepBatch;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A model in stages is the model in one piece, bit for bit; what one of its stages can't do is said, and undone. The
 * equivalence suites run on such a model with {@code -Dtramontane.test.stages}.
 */
final class PipelinedModelTest {
    private static final int WINDOW = 24;
    private static final int PAGE = 16;

    /** Three parts of a step. */
    private static final int LONG = 3 * PipelinedModel.LEAST_ROWS + 5;

    @TempDir
    Path directory;

    @Tag("backends")
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void scoresAreThoseOfTheModelInOnePiece(Backend backend) throws IOException {
        int[] first = tokens(1, LONG);
        int[] second = tokens(2, LONG);
        TinyModel tiny = TinyModel.PLAIN.withWindow(WINDOW).withType(DType.Q8_0);
        for (TinyModel model : List.of(tiny, tiny.withTiedOutput())) {
            List<float[]> expected = new ArrayList<>();
            for (int stages : new int[] {0, 2, 3}) {
                try (LoadedModel loaded = load(model, backend, stages)) {
                    Lanes lanes = new Lanes(loaded.model(), PAGE, 16, 2, 2 * LONG, CacheType.F16, 7);
                    lanes.step(new Lanes.Chunk(0, first, 0, LONG - 20), new Lanes.Chunk(1, second, 0, 40));
                    for (int at = LONG - 20; at < LONG; at++) {
                        lanes.step(new Lanes.Chunk(0, first, at, 1), new Lanes.Chunk(1, second, at - LONG + 60, 1));
                    }
                    lanes.step(new Lanes.Chunk(1, second, 60, LONG - 60));
                    if (stages == 0) {
                        expected.add(lanes.scores(0));
                        expected.add(lanes.scores(1));
                    }
                    assertThat(lanes.scores(0)).as("%d stages", stages).isEqualTo(expected.get(0));
                    assertThat(lanes.scores(1)).as("%d stages", stages).isEqualTo(expected.get(1));
                }
            }
        }
    }

    @Test
    void masksThatComeLateAreWaitedFor() throws IOException {
        try (LoadedModel loaded = load(TinyModel.PLAIN, Backend.CPU, 2)) {
            Lanes lanes = lanes(loaded, 1);
            StepBatch batch = lanes.newBatch();
            for (int token : new int[] {3, 70}) {
                batch.clear();
                lanes.place(0, batch);
                batch.addSpan(0, 0);
                batch.addRow(5);
                batch.addDraw(0, 0, 1, Sampling.GREEDY);
                int mask = batch.allowLater();
                loaded.model().submit(batch);
                assertThatThrownBy(() -> loaded.model().await(0)).isInstanceOf(IllegalStateException.class);
                long[] words = new long[(loaded.geometry().vocabulary() + 63) / 64];
                words[token / 64] = 1L << token % 64;
                batch.writeMask(mask, words);
                loaded.model().releaseMasks();
                assertThatThrownBy(() -> batch.writeMask(mask, words)).isInstanceOf(IllegalStateException.class);
                await(loaded);
                assertThat(batch.resultToken(0)).isEqualTo(token);
            }
            assertThatThrownBy(() -> loaded.model().releaseMasks()).isInstanceOf(ModelException.class);
        }
    }

    @Test
    void whatASlotDrewLastIsKnownToTheFirstStage() throws IOException {
        List<List<Integer>> drawn = new ArrayList<>();
        for (boolean named : new boolean[] {true, false}) {
            try (LoadedModel loaded = load(TinyModel.PLAIN, Backend.CPU, 2)) {
                Lanes lanes = lanes(loaded, 1);
                StepBatch batch = lanes.newBatch();
                List<Integer> tokens = new ArrayList<>(List.of(9));
                for (int at = 0; at < 12; at++) {
                    batch.clear();
                    lanes.place(0, batch);
                    batch.addSpan(0, at);
                    batch.addRow(at == 0 || named ? tokens.getLast() : StepBatch.PREVIOUS_TOKEN);
                    batch.addDraw(0, 0, at + 1, Sampling.NEUTRAL.withSeed(3));
                    lanes.run(batch);
                    tokens.add(batch.resultToken(0));
                }
                drawn.add(tokens);
                lanes(loaded, 1); // a new cache: nothing was drawn
                batch.clear();
                batch.addSpan(0, 0);
                batch.addRow(StepBatch.PREVIOUS_TOKEN);
                assertThatThrownBy(() -> loaded.model().submit(batch))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("slot 0 drew last");
            }
        }
        assertThat(drawn.get(1)).isEqualTo(drawn.get(0));
    }

    @Tag("backends")
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backendsAndEmulated")
    void pagesAreThoseOfTheModelInOnePiece(Backend backend) throws IOException {
        int[] tokens = tokens(4, 40);
        try (LoadedModel whole = load(TinyModel.PLAIN.withType(DType.Q8_0), backend, 0);
                LoadedModel staged = load(TinyModel.PLAIN.withType(DType.Q8_0), backend, 3)) {
            lanes(whole, 1).run(0, tokens, 40);
            lanes(staged, 1).run(0, tokens, 40);
            int bytes = 2 * 3 * TinyModel.KV_HEADS * TinyModel.HEAD_DIM * PAGE * 2;
            ByteBuffer expected = ByteBuffer.allocateDirect(bytes);
            ByteBuffer page = ByteBuffer.allocateDirect(bytes + 8).position(8);
            for (int number = 0; number < 3; number++) {
                whole.model().readPage(0, number, expected);
                staged.model().readPage(0, number, page);
                assertThat(page).isEqualTo(expected);
                staged.model().writePage(0, (number + 1) % 3, page);
                staged.model().readPage(0, (number + 1) % 3, page);
                assertThat(page).isEqualTo(expected);
                staged.model().writePage(0, number, expected);
            }
            for (ByteBuffer wrong :
                    List.of(ByteBuffer.allocateDirect(bytes - 4), ByteBuffer.allocateDirect(bytes + 4))) {
                assertThatThrownBy(() -> staged.model().readPage(0, 0, wrong))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining(bytes + " bytes, got " + wrong.remaining());
            }
            assertThatThrownBy(() -> staged.model().readPage(1, 0, expected)).isInstanceOf(ModelException.class);
            assertThatThrownBy(() -> staged.model().readPage(0, 999, expected))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("layer 0: ")
                    .hasMessageContaining("page is 999");
        }
    }

    @Test
    void adaptersAreDividedAndForgottenTogether() throws IOException {
        int[] tokens = tokens(5, 30);
        Adapter adapter = new Adapter("a", List.of(part(0, 3), part(2, 4)));
        List<float[]> scores = new ArrayList<>();
        for (int stages : new int[] {0, 2, 3}) {
            try (LoadedModel loaded = load(TinyModel.PLAIN, Backend.CPU, stages)) {
                Lanes lanes = withAdapters(loaded);
                loaded.model().loadAdapter(1, adapter);
                lanes.step(new Lanes.Chunk(0, tokens, 0, 30, 1), new Lanes.Chunk(1, tokens, 0, 30, 0));
                scores.add(lanes.scores(0));
                assertThat(lanes.scores(1)).isNotEqualTo(lanes.scores(0));
                loaded.model().dropAdapter(1);
                assertThatThrownBy(() -> loaded.model().dropAdapter(1)).isInstanceOf(ModelException.class);

                // The last layer's part is too large: nobody keeps the others.
                Adapter large = new Adapter("b", List.of(part(0, 3), part(2, 9)));
                assertThatThrownBy(() -> loaded.model().loadAdapter(2, large))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("rank is 9");
                assertThatThrownBy(() -> lanes.step(new Lanes.Chunk(0, tokens, 0, 1, 2)))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("adapter is 2");
            }
        }
        assertThat(scores.get(1)).isEqualTo(scores.get(0));
        assertThat(scores.get(2)).isEqualTo(scores.get(0));
    }

    @Test
    void aLostStageEndsTheStepAndANewCacheBeginsAnew() throws IOException {
        int[] tokens = tokens(6, 30);
        String[] failing = {""};
        Chain chain = (library, plan, options, progress) -> {
            List<Stage> open = new ArrayList<>(Kernels.chain(3, 3).open(library, plan, options, progress));
            open.set(1, failing(open.get(1), failing));
            return open;
        };
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, Backend.CPU, 1, Optional.of(chain))) {
            float[] expected = lanes(loaded, 1).run(0, tokens, 30);
            for (String call : List.of("submit", "await")) {
                Lanes lanes = lanes(loaded, 1);
                failing[0] = call;
                assertThatThrownBy(() -> lanes.run(0, tokens, 30))
                        .isInstanceOf(ModelException.class)
                        .hasMessage("lost in " + call);
                failing[0] = "";
                assertThatThrownBy(() -> lanes.run(0, tokens, 30))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("sized anew");
                assertThat(lanes(loaded, 1).run(0, tokens, 30)).isEqualTo(expected);
            }
        }
    }

    @Test
    void recoversWhenEveryStageIsBack() throws IOException {
        int[] tokens = tokens(6, 30);
        String[] failing = {""};
        Chain chain = (library, plan, options, progress) -> {
            List<Stage> open = new ArrayList<>(Kernels.chain(3, 3).open(library, plan, options, progress));
            open.set(2, failing(open.get(2), failing));
            return open;
        };
        try (LoadedModel loaded = TinyModel.PLAIN.load(directory, Backend.CPU, 1, Optional.of(chain))) {
            assertThat(loaded.model().stages())
                    .extracting(StageFacts::layers)
                    .containsExactly(new LayerRange(0, 1), new LayerRange(1, 2), new LayerRange(2, 3));
            Lanes lanes = lanes(loaded, 1);
            float[] expected = lanes.run(0, tokens, 30);
            for (String call : List.of("check", "recover")) {
                failing[0] = call;
                assertThatThrownBy(() -> {
                            loaded.model().check();
                            loaded.model().recover();
                        })
                        .hasMessage("lost in " + call);
            }
            failing[0] = "";
            loaded.model().check();
            assertThat(loaded.model().recover()).isTrue();
            assertThatThrownBy(() -> lanes.run(0, tokens, 30))
                    .as("page tables are empty")
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("was never set");
            assertThat(lanes(loaded, 1).run(0, tokens, 30)).isEqualTo(expected);
        }
    }

    @Test
    void stagesThatAreNotTheModelsLayersAreRefusedAndClosed() throws IOException {
        List<LayerRange> gap = List.of(new LayerRange(0, 1), new LayerRange(2, 3));
        for (List<LayerRange> ranges : List.of(gap, List.of(new LayerRange(0, 2)))) {
            List<Stage> opened = new ArrayList<>();
            Chain chain = (library, plan, options, progress) -> {
                List<Chain.Local> locals =
                        ranges.stream().map(range -> new Chain.Local(range, 0)).toList();
                opened.addAll(Chain.here(locals).open(library, plan, options, progress));
                return opened;
            };
            assertThatThrownBy(() -> TinyModel.PLAIN.load(directory, Backend.CPU, 1, Optional.of(chain)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(opened)
                    .isNotEmpty()
                    .allSatisfy(stage ->
                            assertThatThrownBy(() -> stage.dropAdapter(1)).isInstanceOf(IllegalStateException.class));
        }
    }

    @Test
    void aStepOfMoreRowsThanItWasSizedForIsRefused() throws IOException {
        try (LoadedModel loaded = load(TinyModel.PLAIN, Backend.CPU, 2)) {
            Lanes lanes = new Lanes(loaded.model(), PAGE, 4, 1, 8, CacheType.F16, 1);
            assertThatThrownBy(() -> lanes.run(0, tokens(1, 9), 9))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("9 rows, expected at most 8");
        }
    }

    /** Where one stage, or the head, takes the time of this process's compute threads, it takes that of others, too. */
    @Test
    void itComputesElsewhereWhereAllOfItDoes() throws IOException {
        for (Backend backend : List.of(Backend.CPU, Backend.EMU)) {
            for (boolean stages : new boolean[] {true, false}) {
                Chain chain = (library, plan, options, progress) -> {
                    List<Stage> open = new ArrayList<>(Kernels.chain(3, 3).open(library, plan, options, progress));
                    assertThat(open).allMatch(stage -> stage.computesElsewhere() == backend.isDevice());
                    open.replaceAll(stage -> saying(true, stage));
                    open.set(1, saying(stages, open.get(1)));
                    return open;
                };
                try (LoadedModel loaded = TinyModel.PLAIN.load(directory, backend, 1, Optional.of(chain))) {
                    assertThat(loaded.model().computesElsewhere())
                            .as("%s, %s", backend, stages)
                            .isEqualTo(stages && backend.isDevice());
                }
            }
        }
    }

    private static Stage saying(boolean elsewhere, Stage stage) {
        return (Stage) Proxy.newProxyInstance(
                Stage.class.getClassLoader(),
                new Class<?>[] {Stage.class},
                (proxy, method, arguments) ->
                        method.getName().equals("computesElsewhere") ? elsewhere : method.invoke(stage, arguments));
    }

    @Test
    void theMemoryOfAllStagesIsTold() throws IOException {
        try (LoadedModel whole = load(TinyModel.PLAIN.withType(DType.Q8_0), Backend.CPU, 0);
                LoadedModel staged = load(TinyModel.PLAIN.withType(DType.Q8_0), Backend.CPU, 3)) {
            lanes(whole, 1);
            lanes(staged, 1);
            assertThat(staged.memory().weightsRepacked())
                    .isEqualTo(whole.memory().weightsRepacked());
            assertThat(staged.memory().cache()).isGreaterThan(whole.memory().cache());
        }
    }

    private static Stage failing(Stage stage, String[] call) {
        return (Stage) Proxy.newProxyInstance(
                Stage.class.getClassLoader(), new Class<?>[] {Stage.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals(call[0])) {
                        if (call[0].equals("await")) { // nothing is in flight any more
                            while (!stage.await(10_000_000)) {}
                        }
                        throw new ModelException("lost in " + call[0]);
                    }
                    try {
                        return method.invoke(stage, arguments);
                    } catch (InvocationTargetException failed) {
                        throw failed.getCause();
                    }
                });
    }

    private LoadedModel load(TinyModel model, Backend backend, int stages) throws IOException {
        Optional<Chain> chain = stages == 0 ? Optional.empty() : Optional.of(Kernels.chain(model.layers(), stages));
        return model.load(directory, backend, 2, chain);
    }

    private static Lanes lanes(LoadedModel loaded, long pageOrder) {
        return new Lanes(loaded.model(), PAGE, 5, 2, 80, CacheType.F16, pageOrder);
    }

    private static Lanes withAdapters(LoadedModel loaded) {
        return new Lanes(
                loaded.model(), PAGE, new int[] {5}, 2, 80, CacheType.F16, 1, new AdapterRoom(2, 4, Adapter.Type.F32));
    }

    private static void await(LoadedModel loaded) {
        boolean done = false;
        while (!done) {
            done = loaded.model().await(10_000_000);
        }
    }

    private static Adapter.Part part(int layer, int rank) {
        return new Adapter.Part(
                Adapter.Matrix.DOWN,
                layer,
                rank,
                1.5f,
                false,
                Adapter.Type.F32,
                floats(layer, rank * TinyModel.FFN),
                Adapter.Type.F32,
                floats(layer + 1, rank * TinyModel.WIDTH));
    }

    private static ByteBuffer floats(int seed, int count) {
        Random random = new Random(seed);
        ByteBuffer floats = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            floats.putFloat(i * Float.BYTES, (float) random.nextGaussian() * 0.3f);
        }
        return floats;
    }

    private static int[] tokens(int seed, int count) {
        return new Random(seed).ints(count, 0, TinyVocabulary.size()).toArray();
    }
}
