package dev.tramontane.app;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.metrics.FileMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane serve}: OpenAI's API over HTTP, SSE and WebSocket, until SIGTERM or Ctrl-C. */
@CommandLine.Command(
        name = "serve",
        description =
                "Serve a model over HTTP: OpenAI's completions and chat completions with streaming, a WebSocket at"
                        + " /v1/responses, metrics at /metrics and a chat page at /. SIGTERM or Ctrl-C finishes what runs"
                        + " and ends with exit code 0; another one skips --drain-delay, else it does not wait.",
        footer = {
            "",
            "Examples:",
            "  tramontane serve",
            "  tramontane serve --model mistral-7b-instruct.Q4_K_M.gguf --context 8192 --cache-memory 2GiB",
            "  tramontane serve small=smollm2.gguf mistral --keep-alive 30m"
        })
final class ServeCommand extends Command {
    /** Bytes on their way when the last answer has ended still get there. */
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);

    /** How long kept responses may take to be told that they are over. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    /** How long writing those may take that are under way, and then how long writing the others. */
    private static final Duration WRITING = Duration.ofMillis(1500);

    /** As many share the memory for caches at least where requests add models: nobody knows how many there will be. */
    private static final int SHARES = 4;

    @Parameters(
            arity = "0..*",
            paramLabel = "[NAME=]MODEL",
            description = "What to serve, as for --models; one alone as for --model.")
    private List<String> models = List.of();

    ServeCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofServer();
    }

    @Override
    String logLevel() {
        return "info";
    }

    @Override
    void addFlags(Map<Setting, String> flags) {
        if (models.isEmpty()) {
            return;
        }
        boolean alone = models.size() == 1
                && !models.getFirst().contains("=")
                && !flags.containsKey(Setting.MODEL)
                && !flags.containsKey(Setting.MODELS);
        if (alone) { // So it wins over what the environment says.
            flags.put(Setting.MODEL, models.getFirst());
            return;
        }
        if (models.stream().anyMatch(model -> model.contains(","))) {
            throw new UsageException("a comma separates models in " + Setting.MODELS.flag()
                    + ": give the one with a comma in its name by " + Setting.MODEL.flag());
        }
        List<String> all = new ArrayList<>(models);
        String more = flags.get(Setting.MODELS);
        if (more != null) {
            all.add(more);
        }
        flags.put(Setting.MODELS, String.join(",", all));
    }

    /** Only where it listens. */
    @Override
    boolean answersOnStandardOutput() {
        return false;
    }

    @Override
    int run(Configuration given) throws InterruptedException, IOException {
        Access.check(given);
        Configuration asked = given.hub().requests().isPresent() ? given.sharing(SHARES) : given;
        List<Configuration> chosen = LoraBinding.of(NamedModels.chosen(asked, environment(), "serve"));
        Configuration configuration = chosen.getFirst();
        KernelLibrary library = KernelLibraries.load(configuration, environment());
        List<Offered> offered = new ArrayList<>();
        for (Configuration each : chosen) {
            offered.add(Offered.of(each, library)); // A bad file is refused before anybody can connect.
        }
        boolean several = offered.size() > 1
                || configuration.registry().keepAlive().isPresent()
                || configuration.hub().requests().isPresent();
        requireStagesAlone(configuration, several);
        requireList(configuration);
        Shutdown shutdown = new Shutdown(() -> Runtime.getRuntime().halt(ExitCode.OK));
        IntConsumer halt = code -> Runtime.getRuntime().halt(code);
        environment().onTermination().accept(shutdown);
        Watchdog watchdog = new Watchdog(configuration.stuckTimeout(), System::nanoTime, halt);
        AtomicReference<@Nullable Serving> life = new AtomicReference<>();
        ServeMetrics metrics = new ServeMetrics(offered, several, () -> state(life.get()));
        DrainGate gate = new DrainGate(System::nanoTime);
        Supply supply = several
                ? new FleetSupply(asked, offered, library, environment(), metrics, watchdog, gate)
                : new LoneSupply(offered.getFirst(), environment(), metrics, watchdog, gate);
        Serving serving = new Serving(supply.stock(), watchdog::verdict);
        life.set(serving);
        try (watchdog;
                WatchedFiles files = new WatchedFiles(new FileMetrics(metrics.registry));
                ShutdownLimit limit =
                        new ShutdownLimit(shutdown, configuration.ending().limit(), halt);
                Tracing tracing = Tracing.of(configuration.traces());
                Listener listener = Listener.open(
                        configuration,
                        supply.stock(),
                        serving,
                        metrics.registry,
                        fingerprint(offered),
                        Access.door(configuration, files, metrics.registry),
                        tracing.sink());
                supply) {
            supply.load(listener);
            files.start();
            listener.watchedBy(watchdog);
            watchdog.start();
            serving.loaded();
            shutdown.beginPatience(configuration.ending().delay());
            Logger log = LoggerFactory.getLogger(ServeCommand.class);
            warnOfMissingFlags(log);
            log.info("serving {} at {}", supply.description(), listener.doors().address());
            log.info("after SIGTERM it ends in time for {}", configuration.ending());
            tell(supply, listener.doors());
            shutdown.await();
            limit.at("waiting for routers to hear of it");
            serving.leaving();
            listener.doors().leave();
            delay(configuration.ending().delay(), shutdown, log);
            limit.at("waiting for running answers");
            drain(configuration.ending().drain(), serving, gate, listener, log);
            watchdog.close(); // The limit sees to the rest.
            limit.at("closing the engine, whose step has to end");
            supply.end(); // what is cut gets its end while its connection is still there
            limit.at("closing connections");
            listener.doors().finish(LAST_BYTES);
            limit.at("freeing the model");
        }
        return ExitCode.OK;
    }

    private static void requireStagesAlone(Configuration configuration, boolean several) {
        if (!configuration.stages().isEmpty() && configuration.compute().on().size() > 1) {
            throw new UsageException(Setting.STAGES.flag() + " and several of " + Setting.DEVICE.flag()
                    + " don't go together: start a stage for each device");
        }
        if (several && !configuration.stages().isEmpty()) {
            throw ofOneModel(Setting.STAGES.flag());
        }
    }

    /** Answers that are kept are those of a list of models, by which the next process knows whether it goes on with them. */
    private static void requireList(Configuration configuration) {
        if (configuration.hub().requests().isPresent()
                && configuration.engine().snapshots().answers().isPresent()) {
            throw new UsageException(Setting.ALLOW_PULL.flag() + " and " + Setting.SNAPSHOT_DIR.flag()
                    + " don't go together: what is kept there is of models that stay the same. Leave one of them out");
        }
    }

    private static UsageException ofOneModel(String flags) {
        return new UsageException(flags + " are for a server of one model, which stays: leave out the others, "
                + Setting.KEEP_ALIVE.flag() + " and " + Setting.ALLOW_PULL.flag());
    }

    /** Figures are there before what they tell of. */
    private static String state(@Nullable Serving serving) {
        return serving == null ? Serving.states().getFirst() : serving.state();
    }

    /** On standard output, so that scripts learn the port whatever the log's form and level. */
    private void tell(Supply supply, OpenDoors doors) {
        doors.managementAddress().ifPresent(at -> environment().out().println("tramontane: management at " + at));
        doors.ollamaAddress().ifPresent(at -> environment().out().println("tramontane: Ollama's clients at " + at));
        environment().out().println("tramontane: serving " + supply.names() + " at " + doors.address());
    }

    /** Of several models, one for all: it changes whenever that of one of them does. */
    private static String fingerprint(List<Offered> offered) {
        if (offered.size() == 1) {
            return offered.getFirst().fingerprint();
        }
        CRC32 sum = new CRC32();
        offered.forEach(model ->
                sum.update((model.name() + " " + model.fingerprint() + "\n").getBytes(StandardCharsets.UTF_8)));
        return String.format(Locale.ROOT, "tm-%08x", sum.getValue());
    }

    /** A process that is out of memory must end, or it lives on with some of its threads dead. */
    private static void warnOfMissingFlags(Logger log) {
        HotSpotDiagnosticMXBean machine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (machine != null
                && machine.getVMOption("ExitOnOutOfMemoryError").getValue().equals("false")) {
            log.warn("java was started without -XX:+ExitOnOutOfMemoryError; give it that flag, so that a process that"
                    + " is out of memory ends and can be restarted");
        }
    }

    /** Whoever routes requests hears with a delay that this server is not ready any more. */
    private static void delay(Duration delay, Shutdown shutdown, Logger log) throws InterruptedException {
        if (delay.isPositive()) {
            log.info(
                    "not ready any more: shutting down; requests are still taken for {}, unless a second signal comes",
                    Units.show(delay));
            shutdown.awaitDelay(delay);
        }
    }

    private static void drain(Duration time, Serving serving, DrainGate gate, Listener listener, Logger log)
            throws InterruptedException {
        serving.draining();
        gate.close(time);
        int running = gate.underWay();
        log.info(
                "shutting down: new requests are refused, {} running get up to {}; another signal ends at once",
                running,
                Units.show(time));
        int cut = gate.awaitIdle(time);
        if (listener.leaveAnswers(WRITING) > 0 && cut > 0) {
            cut = gate.awaitIdle(LAST_WORDS); // Those have an end that says so.
        }
        if (cut > 0) {
            log.warn("cutting {}: the time for running answers is over", Units.count(cut, "answer"));
        }
    }
}
