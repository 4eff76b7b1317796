package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.AdapterData;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.FakeModel.LostAt;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of adapters when their model is loaded, and goes, while something else happens to them. */
final class ModelAdaptersTest {
    private static final String LOST = "the stage of layer 1 was lost";
    private static final AdapterRoom ROOM = new AdapterRoom(2, 16, Adapter.Type.F32);
    private static final Path MODEL = Oracle.path("models/mistral-window-16");

    private final FakeModel model = FakeModel.of(50, 0);
    private final EngineLoop engine = new EngineLoop(
            model,
            new EngineConfig(
                            new EngineConfig.Step(4, 32, 8),
                            new EngineConfig.Cache(8, CacheType.F32, Long.MAX_VALUE / 4),
                            new EngineConfig.Admission(8, 64, 8, 64, 1L << 32))
                    .withAdapters(ROOM),
            EngineObserver.NONE,
            System::nanoTime);

    @TempDir
    Path dir;

    @BeforeEach
    void copyAdapters() throws IOException {
        for (String name : List.of("trained", "half")) {
            Path to = Files.createDirectories(dir.resolve(name));
            for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
                Files.copy(Oracle.path("adapters/" + name).resolve(file), to.resolve(file));
            }
        }
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static ModelAdapters adapters() {
        try (ModelSource source = ModelSource.open(MODEL)) {
            ModelGeometry geometry = source.plan(OptionalInt.empty()).geometry();
            return new ModelAdapters("base", geometry, ROOM);
        }
    }

    /** Neither the adapter nor who gave it is at fault. */
    @Test
    void whileAPartOfTheModelIsLostAdaptersAreWaitedFor() {
        ModelAdapters adapters = adapters();
        NamedAdapter roses = adapters.add("roses", dir.resolve("trained"));
        NamedAdapter half = adapters.add("half", dir.resolve("half"));
        engine.start();
        model.lose(LostAt.LOAD_ADAPTER, LOST, Integer.MAX_VALUE);
        CompletableFuture<Map<NamedAdapter, String>> attached =
                CompletableFuture.supplyAsync(() -> adapters.attach(engine));
        await().until(() -> LOST.equals(engine.outage()));
        assertThat(attached).isNotDone();
        model.lose(LostAt.LOAD_ADAPTER, LOST, 0); // It is back, and lost once more as it gets the first of them.
        assertThat(attached.join()).isEmpty();
        assertThat(List.of(roses.loaded().digest(), half.loaded().digest()))
                .containsExactly(roses.digest(), half.digest());
        await().untilAsserted(
                        () -> assertThat(model.adapters()).containsExactlyInAnyOrder(roses.digest(), half.digest()));
    }

    /** Else whoever starts the server would wait for ever. */
    @Test
    void aModelThatFailsAsItsPartComesBackIsWaitedForNoLonger() {
        ModelAdapters adapters = adapters();
        adapters.add("roses", dir.resolve("trained"));
        engine.start();
        AdapterData refused = new AdapterData() {
            @Override
            public Adapter adapter() {
                return new Adapter("refused when it is loaded again", List.of());
            }

            @Override
            public boolean isUnchanged() {
                throw new ModelException("the stage refuses it");
            }

            @Override
            public void release() {}
        };
        engine.loadAdapter(refused).join();
        model.lose(LostAt.LOAD_ADAPTER, LOST, 0);
        CompletableFuture<Map<NamedAdapter, String>> attached =
                CompletableFuture.supplyAsync(() -> adapters.attach(engine));
        await().until(attached::isDone);
        assertThatThrownBy(attached::join)
                .hasCauseInstanceOf(ModelException.class)
                .hasMessageContaining("the model failed while its lost part was waited for");
        assertThat(engine.failed()).isTrue();
    }

    /** What it had belongs to an engine that is gone, where its number is another's. */
    @Test
    void whoIsRefusedHasNoPlaceOfAnOlderEngine() {
        ModelAdapters adapters = adapters();
        engine.start();
        adapters.attach(engine);
        NamedAdapter roses = adapters.add("roses", dir.resolve("trained"));
        assertThat(roses.loaded().digest()).isEqualTo(roses.digest());
        roses.refused("its files have changed");
        assertThatThrownBy(roses::loaded)
                .isInstanceOf(GenerationException.class)
                .hasMessage("The adapter cannot be used: its files have changed.");
    }

    /** A request may bring one while the one model of a server is loaded. */
    @Test
    void onlyAdaptersOfTheStartEndIt() throws IOException {
        Configuration configuration = Configuration.of(Settings.of(
                        Map.of(
                                Setting.LORA,
                                "roses=" + dir.resolve("trained"),
                                Setting.LORA_DIR,
                                dir.toString(),
                                Setting.CONTEXT,
                                "128",
                                Setting.CACHE_MEMORY,
                                "1MiB"),
                        Map.of(),
                        Map.of(),
                        ""))
                .withModel(MODEL);
        Offered offered = Offered.of(LoraBinding.of(List.of(configuration)).getFirst(), Kernels.library());
        engine.start();
        try (ServedAdapters served = ServedAdapters.of(List.of(offered))) {
            served.load("late", "half").block();
            Files.delete(dir.resolve("half").resolve("adapter_config.json"));
            served.attach(offered.name(), engine);
            NamedAdapter late = served.find("late").orElseThrow().adapter();
            NamedAdapter roses = served.find("roses").orElseThrow().adapter();
            assertThat(roses.loaded().digest()).isEqualTo(roses.digest());
            assertThatThrownBy(late::loaded)
                    .isInstanceOf(GenerationException.class)
                    .hasMessageContaining("its files cannot be used any more");
            Files.delete(dir.resolve("trained").resolve("adapter_config.json"));
            assertThatThrownBy(() -> served.attach(offered.name(), engine))
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("--lora: the adapter roses cannot be loaded: " + dir.resolve("trained"))
                    .hasMessageContaining("there is no adapter_config.json");
        }
    }
}
