package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.api.openai.ServedModels.Entry;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Mappings;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.GuideObserver;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.Footprint;
import dev.tramontane.registry.RegistryObserver;
import dev.tramontane.snapshots.SnapshotObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Real engines of three models of which two fit at a time, under clients who want all of them, leave, or stand still: each answer is
 * that of the model alone, what is loaded fits the budget all the time, and in the end all that was taken is given back.
 */
class FleetChurnTest {
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> PROMPTS = List.of("hello", "what is it", "one two three four five six seven");
    private static final int TOKENS = 40;
    private static final int CLIENTS = 4;

    /** A pool's thread or a file more or less, whatever was done. */
    private static final int SPARE = 8;

    /** The caches of six loadings. */
    private static final long SPARE_BYTES = 24L << 20;

    @TempDir
    Path dir;

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final Map<String, Footprint> loaded = new ConcurrentHashMap<>();
    private final AtomicInteger loads = new AtomicInteger();
    private final Map<String, String> alone = new HashMap<>();
    private List<Offered> offered = List.of();
    private long budget;

    private final RegistryObserver observer = new RegistryObserver() {
        @Override
        public void unloaded(String model, Reason reason) {
            loaded.remove(model);
        }
    };

    @BeforeEach
    void write() throws Exception {
        StringBuilder models = new StringBuilder();
        for (int i = 0; i < NAMES.size(); i++) {
            models.append(i == 0 ? "" : ",")
                    .append(NAMES.get(i))
                    .append('=')
                    .append(TinyModel.PLAIN.withSeed(i + 1).writeTo(dir));
        }
        Map<Setting, String> asked = Map.of(
                Setting.MODELS, models.toString(),
                Setting.CACHE_MEMORY, "4MiB",
                Setting.CONTEXT, "256",
                Setting.THREADS, "2",
                Setting.KEEP_ALIVE, "30ms");
        offered = offered(asked);
        Footprint one = ModelMemory.of(offered.getFirst().memory());
        budget = 5 * (one.own() + one.files()) / 2;
        Map<Setting, String> limited = new HashMap<>(asked);
        limited.put(Setting.MODEL_MEMORY, (budget >> 20) + "MiB");
        offered = offered(limited);
        for (Offered model : offered) {
            try (RunningModel running = open(model)) {
                for (String prompt : PROMPTS) {
                    alone.put(model.name() + prompt, text(running.generator().generate(request(prompt))));
                }
            }
        }
        assertThat(alone.values()).doesNotHaveDuplicates();
    }

    private static Configuration configuration(Map<Setting, String> asked) {
        return Configuration.of(Settings.of(asked, Map.of(), Map.of(), ""));
    }

    private List<Offered> offered(Map<Setting, String> asked) throws Exception {
        List<Offered> all = new ArrayList<>();
        for (Configuration each : NamedModels.chosen(configuration(asked), Environment.ofProcess(), "serve")) {
            all.add(Offered.of(each, Kernels.library()));
        }
        return all;
    }

    private RunningModel open(Offered model) {
        return RunningModel.open(
                model,
                Kernels.library(),
                Environment.ofProcess(),
                (name, engine) -> EngineObserver.NONE,
                new SnapshotObserver() {},
                GuideObserver.NONE,
                (done, total) -> {});
    }

    /** Loads one, and looks whether there was room for it. */
    private RunningModel counted(Offered model) {
        loads.incrementAndGet();
        loaded.put(model.name(), ModelMemory.of(model.memory()));
        Footprint all = Footprint.sum(loaded.values());
        if (all.own() + all.files() > budget) {
            faults.add("loaded at a time: " + loaded.keySet());
        }
        return open(model);
    }

    private static GenerationRequest request(String prompt) {
        return SamplingOptions.greedy(new Prompt.Text(prompt), TOKENS);
    }

    private static String text(Flux<GenerationEvent> answer) {
        return String.valueOf(answer.map(event -> event instanceof Delta delta ? delta.text() : "")
                .collectList()
                .map(texts -> String.join("", texts))
                .block());
    }

    /** Wants one event and, after others have had their turn, the rest. */
    private static String slowly(Flux<GenerationEvent> answer) {
        StringBuilder text = new StringBuilder();
        Mono<String> all = Mono.create(sink -> answer.subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            protected void hookOnNext(GenerationEvent event) {
                text.append(event instanceof Delta delta ? delta.text() : "");
                Schedulers.parallel().schedule(() -> request(1));
            }

            @Override
            protected void hookOnComplete() {
                sink.success(text.toString());
            }

            @Override
            protected void hookOnError(Throwable failure) {
                sink.error(failure);
            }
        }));
        return String.valueOf(all.block());
    }

    private void behave(Fleet fleet, SplittableRandom random, IntPredicate more) {
        for (int i = 0; more.test(i); i++) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            String prompt = PROMPTS.get(random.nextInt(PROMPTS.size()));
            TextGenerator generator = Objects.requireNonNull(fleet.find(name));
            Flux<GenerationEvent> answer = generator.generate(request(prompt));
            switch (random.nextInt(4)) {
                case 0 -> answer.take(1 + random.nextInt(5)).blockLast(Duration.ofMinutes(1));
                case 1 -> answer.subscribe().dispose();
                case 2 -> check(name, prompt, slowly(answer));
                default -> check(name, prompt, text(answer));
            }
        }
    }

    private void check(String name, String prompt, String given) {
        if (!given.equals(alone.get(name + prompt))) {
            faults.add(name + " answered '" + prompt + "' with '" + given + "'");
        }
    }

    private void churn(Fleet fleet, long seed, IntPredicate more) throws Exception {
        try (var pool = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                clients.add(pool.submit(() -> behave(fleet, random, more)));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        }
        NAMES.forEach(fleet::unload);
        await().until(() -> fleet.list().stream()
                .map(Entry::stay)
                .allMatch(stay -> stay != null && stay.state().equals("unloaded")));
        await().until(loaded::isEmpty);
    }

    /** What the process holds. */
    private record Held(long threads, long descriptors, long bytes) {
        static Held now() throws IOException {
            System.gc();
            try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"));
                    Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
                long data = ProcFile.of(Path.of("/proc/self/status"))
                        .kibibytes("VmData:")
                        .orElseThrow();
                long heap = Runtime.getRuntime().totalMemory();
                return new Held(threads.count(), descriptors.count(), data - heap);
            }
        }
    }

    private void churn(IntPredicate more, int leastLoads) throws Exception {
        Watchdog watchdog = new Watchdog(Duration.ZERO, System::nanoTime, code -> {});
        try (watchdog;
                Fleet fleet = new Fleet(
                        offered,
                        ServedAdapters.of(offered),
                        (model, progress) -> counted(model),
                        watchdog,
                        new DrainGate(System::nanoTime),
                        observer)) {
            fleet.load();
            churn(fleet, Seeds.next(), done -> done < 3); // Classes load, pools fill.
            Held before = Held.now();
            int first = loads.get();
            churn(fleet, Seeds.next() + CLIENTS, more);
            assertThat(faults).isEmpty();
            assertThat(loads.get() - first).as("loads").isGreaterThanOrEqualTo(leastLoads);
            assertThat(Mappings.under(dir)).isEmpty();
            await().untilAsserted(
                            () -> { // Threads of compilers and of pools come and go.
                                Held after = Held.now();
                                assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + SPARE);
                                assertThat(after.descriptors())
                                        .as("descriptors")
                                        .isLessThanOrEqualTo(before.descriptors() + SPARE);
                                assertThat(after.bytes())
                                        .as("%d loads; before %s, after %s", loads.get(), before, after)
                                        .isLessThan(before.bytes() + SPARE_BYTES);
                            });
        }
    }

    @Test
    void answersAreThoseOfEachAloneAndAllIsGivenBack() throws Exception {
        churn(done -> done < 10, 7);
    }
}
