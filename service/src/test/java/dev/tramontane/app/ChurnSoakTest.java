package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineAdapter;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.Recovery;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.load.LoadedModel;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of the service in which everything comes and goes at once, for a minute, or for {@code -Dtramontane.soak.seconds=600}: models
 * are loaded and give way, adapters are loaded and unloaded, tokens are guessed from texts and by a draft model, clients leave. Answers are
 * those of each alone, and in the end the process holds what it held in the beginning.
 */
@Tag("slow")
class ChurnSoakTest {
    private static final int CLIENTS = 4;
    private static final List<String> MODELS = List.of("a", "b", "c");

    /** How long models stay that nobody asks for any more: gone at once, soon, or when others need the room. */
    private static final List<String> KEPT = List.of("0s", "10ms", "2s");

    private static final List<String> ADAPTERS = List.of("trained-1", "half-1", "half-2", "patterns-1");

    private static final Set<Class<?>> COUNTED =
            Set.of(LoadedModel.class, Engine.class, KernelContext.class, EngineAdapter.class);

    private static final long HALF_NANOS =
            TimeUnit.SECONDS.toNanos(Integer.getInteger("tramontane.soak.seconds", 60)) / 2;
    private static final long WARM_UP_NANOS = HALF_NANOS / 5;

    @TempDir
    Path dir;

    /** Something that an operator does again and again. */
    @FunctionalInterface
    private interface Deed {
        void run(SplittableRandom random) throws IOException;
    }

    private WatchedProcess serve(String... arguments) throws IOException {
        Path out = dir.resolve("out");
        List<String> flags = new ArrayList<>(List.of(HeldByProcess.FLAGS));
        flags.add(OwnProcess.OWN_LOG);
        String[] all = Stream.concat(
                        Stream.of("--port", "0", "--threads", "1", "--context", "128", "--cache-memory", "1MiB"),
                        Stream.of(arguments))
                .toArray(String[]::new);
        return new WatchedProcess(
                        OwnProcess.serve(flags, all)
                                .redirectOutput(out.toFile())
                                .redirectError(dir.resolve("err").toFile())
                                .start(),
                        out)
                .withWorkers();
    }

    private static void behave(
            ChurnClients clients, List<String> models, List<String> guesses, Deed deed, long seed, long nanos)
            throws Exception {
        long begun = System.nanoTime();
        BooleanSupplier more = () -> System.nanoTime() - begun < nanos && clients.faults.isEmpty();
        try (var pool = Executors.newFixedThreadPool(CLIENTS + 1)) {
            List<Callable<Void>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                all.add(() -> {
                    clients.behave(models, guesses, random, more);
                    return null;
                });
            }
            SplittableRandom random = new SplittableRandom(seed + CLIENTS);
            all.add(() -> {
                while (more.getAsBoolean()) {
                    deed.run(random);
                }
                return null;
            });
            for (Future<Void> each : pool.invokeAll(all)) {
                each.get();
            }
        }
        assertThat(clients.faults).isEmpty();
    }

    /** Waits until nobody is connected and nothing runs, and looks what there is. */
    private static HeldByProcess quiet(WatchedProcess service) throws Exception {
        await().untilAsserted(() -> {
            String metrics = service.metrics();
            assertThat(HeldByProcess.sum(metrics, "tramontane_requests_(?:waiting|running|parked)", ""))
                    .as("requests")
                    .isZero();
            assertThat(WatchedProcess.value(metrics, "tramontane_http_connections"))
                    .as("connections, with this one")
                    .isLessThanOrEqualTo(1);
        });
        return HeldByProcess.of(service);
    }

    @Test
    void modelsComeAndGo() throws Exception {
        List<String> arguments = new ArrayList<>(
                List.of("--keep-alive", "1s", "--model-memory", "5MiB", "--load", "none", "--speculate", "auto"));
        for (int i = 0; i < MODELS.size(); i++) {
            arguments.add(MODELS.get(i) + "=" + TinyModel.PLAIN.withSeed(i + 1).writeTo(dir));
        }
        try (WatchedProcess service = serve(arguments.toArray(String[]::new))) {
            ChurnClients clients = new ChurnClients(service);
            for (String model : MODELS) {
                clients.learn(model);
            }
            clients.requireLearnt(18);
            Deed change = random -> {
                String keep = KEPT.get(random.nextInt(KEPT.size()));
                JsonObject load = new JsonObject()
                        .put("model", MODELS.get(random.nextInt(MODELS.size())))
                        .put("keep_alive", keep);
                assertThat(clients.send("/api/generate", load).status()).isEqualTo(200);
            };
            soak(service, clients, MODELS, List.of(), change, () -> {
                for (String model : MODELS) {
                    JsonObject unload = new JsonObject().put("model", model).put("keep_alive", 0);
                    assertThat(clients.send("/api/generate", unload).status()).isEqualTo(200);
                }
                await().until(() -> HeldByProcess.sum(service.metrics(), "tramontane_models_loaded", "") == 0);
            });
            String metrics = service.metrics();
            assertThat(HeldByProcess.sum(metrics, "tramontane_models_loads_total", "outcome=\"loaded\""))
                    .as("loads")
                    .isGreaterThan(2L * MODELS.size());
            for (String reason : List.of("asked", "room")) {
                assertThat(HeldByProcess.sum(metrics, "tramontane_models_unloads_total", "reason=\"" + reason + '"'))
                        .as("unloaded because of " + reason)
                        .isPositive();
            }
            assertThat(guessed(metrics, "(?:accepted|rejected)")).isPositive();
        }
    }

    @Test
    void adaptersComeAndGo() throws Exception {
        String model = Oracle.path("models/mistral-window-16").toString();
        Path adapters = Files.createDirectories(dir.resolve("adapters"));
        for (String name : ADAPTERS) {
            copy(Oracle.path("adapters/" + directory(name)), adapters.resolve(directory(name)));
        }
        try (WatchedProcess service = serve(
                "--model",
                model,
                "--served-model-name",
                "base",
                "--draft-model",
                model,
                "--speculate",
                "auto",
                "--max-loras",
                "3",
                "--lora-dir",
                adapters.toString())) {
            ChurnClients clients = new ChurnClients(service);
            clients.learn("base");
            for (String name : ADAPTERS) {
                assertThat(load(clients, name)).isEqualTo(200);
                clients.learn(name);
                assertThat(unload(clients, name)).isEqualTo(200);
            }
            clients.requireLearnt(30);
            Map<String, Integer> outcomes = new TreeMap<>();
            Deed change = random -> {
                String name = ADAPTERS.get(random.nextInt(ADAPTERS.size()));
                boolean loads = random.nextInt(3) > 0;
                int status = loads ? load(clients, name) : unload(clients, name);
                outcomes.merge((loads ? "load " : "unload ") + status, 1, Integer::sum);
            };
            List<String> names =
                    Stream.concat(Stream.of("base"), ADAPTERS.stream()).toList();
            soak(service, clients, names, List.of("draft_model"), change, () -> {
                for (String name : ADAPTERS) {
                    assertThat(unload(clients, name)).isIn(200, 404);
                }
            });
            // 409: it is there already, or all places are taken. 404: it is not there.
            assertThat(outcomes.keySet()).containsExactly("load 200", "load 409", "unload 200", "unload 404");
            assertThat(clients.missed.get()).as("requests that found none").isPositive();
            assertThat(guessed(service.metrics(), "accepted")).isPositive();
        }
    }

    private static void soak(
            WatchedProcess service,
            ChurnClients clients,
            List<String> models,
            List<String> guesses,
            Deed deed,
            Recovery.Deed empty)
            throws Exception {
        behave(clients, models, guesses, deed, Seeds.next(), WARM_UP_NANOS); // Classes load, pools fill.
        empty.run();
        HeldByProcess before = quiet(service);
        long heard = clients.heard.get();
        behave(clients, models, guesses, deed, Seeds.next() + 100, HALF_NANOS - WARM_UP_NANOS);
        empty.run();
        assertThat(clients.heard.get() - heard).as("answers").isGreaterThan(CLIENTS);
        await().untilAsserted(
                        () -> { // What a thread has just worked on may be held for a moment.
                            HeldByProcess after = quiet(service);
                            after.isNoMoreThan(before, COUNTED);
                            assertThat(after.pages())
                                    .as("pages that somebody has")
                                    .isZero();
                        });
    }

    private static long guessed(String metrics, String result) {
        return HeldByProcess.sum(metrics, "tramontane_guessed_tokens_total", "result=\"" + result + '"');
    }

    /** Several names stand for one adapter. */
    private static String directory(String name) {
        return name.substring(0, name.indexOf('-'));
    }

    private static int load(ChurnClients clients, String name) throws IOException {
        JsonObject body = new JsonObject().put("lora_name", name).put("lora_path", directory(name));
        return clients.send("/v1/load_lora_adapter", body).status();
    }

    private static int unload(ChurnClients clients, String name) throws IOException {
        return clients.send("/v1/unload_lora_adapter", new JsonObject().put("lora_name", name))
                .status();
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.notExists(to)) {
            Files.createDirectory(to);
            try (Stream<Path> files = Files.list(from)) {
                for (Path file : files.toList()) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }
}
