package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineAdapter;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.OwnProcess;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of the service in which everything comes and goes at once, for a minute, or for {@code -Dtramontane.soak.seconds=600}: models
 * are loaded and give way, adapters are loaded and unloaded, tokens are guessed from texts and by a draft model, clients leave. Answers are
 * those of each alone, and in the end the process holds what it held in the beginning.
 */
@Tag("slow")
@Timeout(value = 2, unit = TimeUnit.HOURS) // Only a hang reaches it: it lasts as long as it is told.
class ChurnSoakTest {
    private static final int CLIENTS = 4;
    private static final List<String> MODELS = List.of("a", "b", "base", "twin");

    /** What two of the four models take, each with room for adapters and those of the last with a draft model. */
    private static final String MEMORY = "7MiB";

    /** How long models stay that nobody asks for any more: gone at once, soon, or when others need the room. */
    private static final List<String> KEPT = List.of("0s", "10ms", "2s");

    private static final List<String> ADAPTERS =
            List.of("base:trained-1", "base:half-1", "base:half-2", "twin:half-1", "twin:patterns-1");

    /** By which clients ask. A draft model guesses for those that have adapters. */
    private static final List<ChurnClients.Named> NAMES = Stream.concat(MODELS.stream(), ADAPTERS.stream())
            .map(name -> new ChurnClients.Named(name, name.length() > 1 ? List.of("draft_model") : List.of()))
            .toList();

    private static final Set<Class<?>> COUNTED =
            Set.of(LoadedModel.class, Engine.class, KernelContext.class, EngineAdapter.class, NamedAdapter.class);

    private static final long SOAK_NANOS = TimeUnit.SECONDS.toNanos(Integer.getInteger("tramontane.soak.seconds", 60));
    private static final long WARM_UP_NANOS = SOAK_NANOS / 5;

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

    private static void behave(ChurnClients clients, List<Deed> deeds, long seed, long nanos) throws Exception {
        long begun = System.nanoTime();
        BooleanSupplier more = () -> System.nanoTime() - begun < nanos && clients.faults.isEmpty();
        try (var pool = Executors.newFixedThreadPool(CLIENTS + deeds.size())) {
            List<Callable<Void>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                all.add(() -> {
                    clients.behave(NAMES, random, more);
                    return null;
                });
            }
            for (Deed deed : deeds) {
                SplittableRandom random = new SplittableRandom(seed + all.size());
                all.add(() -> {
                    while (more.getAsBoolean()) {
                        deed.run(random);
                    }
                    return null;
                });
            }
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
    void everythingComesAndGoes() throws Exception {
        Path adapters = Files.createDirectories(dir.resolve("adapters"));
        for (String name : List.of("trained", "half", "patterns")) {
            copy(Oracle.path("adapters/" + name), adapters.resolve(name));
        }
        String adapted = Oracle.path("models/mistral-window-16").toString();
        List<String> arguments = new ArrayList<>(List.of(
                "a=" + TinyModel.PLAIN.withSeed(1).writeTo(dir),
                "b=" + TinyModel.PLAIN.withSeed(2).writeTo(dir),
                "base=" + adapted,
                "twin=" + adapted));
        arguments.addAll(List.of("--keep-alive", "1s", "--model-memory", MEMORY, "--load", "none"));
        arguments.addAll(List.of("--speculate", "auto", "--draft-model", "base=" + adapted + ",twin=" + adapted));
        arguments.addAll(List.of("--max-loras", "2", "--lora-dir", adapters.toString()));
        try (WatchedProcess service = serve(arguments.toArray(String[]::new))) {
            ChurnClients clients = new ChurnClients(service);
            for (String model : MODELS) {
                clients.learn(model);
            }
            for (String name : ADAPTERS) {
                assertThat(load(clients, name)).isEqualTo(200);
                clients.learn(name);
                assertThat(unload(clients, name)).isEqualTo(200);
            }
            clients.requireLearnt(6 * NAMES.size());
            Map<String, Integer> outcomes = new TreeMap<>();
            Deed keep = random -> {
                JsonObject load = new JsonObject()
                        .put("model", MODELS.get(random.nextInt(MODELS.size())))
                        .put("keep_alive", KEPT.get(random.nextInt(KEPT.size())));
                assertThat(clients.send("/api/generate", load).status()).isEqualTo(200);
            };
            Deed adapt = random -> {
                String name = ADAPTERS.get(random.nextInt(ADAPTERS.size()));
                boolean loads = random.nextInt(3) > 0;
                int status = loads ? load(clients, name) : unload(clients, name);
                outcomes.merge((loads ? "load " : "unload ") + status, 1, Integer::sum);
            };
            soak(service, clients, List.of(keep, adapt));
            // 409: it is there already, or all places are taken. 404: it is not there.
            assertThat(outcomes.keySet()).containsExactly("load 200", "load 409", "unload 200", "unload 404");
            assertThat(clients.missed.get()).as("requests that found none").isPositive();
            String metrics = service.metrics();
            assertThat(HeldByProcess.sum(metrics, "tramontane_models_loads_total", "outcome=\"loaded\""))
                    .as("loads")
                    .isGreaterThan(2L * MODELS.size());
            for (String reason : List.of("asked", "room")) {
                assertThat(HeldByProcess.sum(metrics, "tramontane_models_unloads_total", "reason=\"" + reason + '"'))
                        .as("unloaded because of " + reason)
                        .isPositive();
            }
            for (String result : List.of("accepted", "rejected")) {
                assertThat(HeldByProcess.sum(metrics, "tramontane_guessed_tokens_total", "result=\"" + result + '"'))
                        .as(result)
                        .isPositive();
            }
        }
    }

    private static void soak(WatchedProcess service, ChurnClients clients, List<Deed> deeds) throws Exception {
        behave(clients, deeds, Seeds.next(), WARM_UP_NANOS); // Classes load, pools fill.
        empty(service, clients);
        HeldByProcess before = quiet(service);
        long heard = clients.heard.get();
        behave(clients, deeds, Seeds.next() + 100, SOAK_NANOS - WARM_UP_NANOS);
        empty(service, clients);
        HeldByProcess after = quiet(service);
        assertThat(clients.heard.get() - heard).as("answers").isGreaterThan(CLIENTS);
        System.err.printf(
                "soaked for %d s: %d answers, %d requests without their adapter; descriptors, threads, bytes of arenas and of data before"
                        + " %s, after %s%n",
                TimeUnit.NANOSECONDS.toSeconds(SOAK_NANOS),
                clients.heard.get(),
                clients.missed.get(),
                figures(before),
                figures(after));
        after.isNoMoreThan(before, COUNTED);
        assertThat(after.pages()).as("pages that somebody has").isZero();
    }

    private static List<Long> figures(HeldByProcess held) {
        return List.of(held.descriptors(), (long) held.threads().size(), held.arenas(), held.data());
    }

    private static void empty(WatchedProcess service, ChurnClients clients) throws IOException {
        for (String name : ADAPTERS) {
            assertThat(unload(clients, name)).isIn(200, 404);
        }
        for (String model : MODELS) {
            JsonObject unload = new JsonObject().put("model", model).put("keep_alive", 0);
            assertThat(clients.send("/api/generate", unload).status()).isEqualTo(200);
        }
        await().until(() -> HeldByProcess.sum(service.metrics(), "tramontane_models_loaded", "") == 0);
    }

    /** Several names stand for one adapter. */
    private static String directory(String name) {
        return name.substring(name.indexOf(':') + 1, name.indexOf('-'));
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
