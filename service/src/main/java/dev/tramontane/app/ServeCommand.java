package dev.tramontane.app;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.metrics.AnswerMetrics;
import dev.tramontane.metrics.EngineMetrics;
import dev.tramontane.metrics.EveryObserver;
import dev.tramontane.metrics.FileMetrics;
import dev.tramontane.metrics.LifeMetrics;
import dev.tramontane.metrics.SnapshotMetrics;
import dev.tramontane.metrics.StructureMetrics;
import dev.tramontane.metrics.VllmMetrics;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

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
            "  tramontane serve --model mistral-7b-instruct.Q4_K_M.gguf --context 8192 --cache-memory 2GiB"
        })
final class ServeCommand extends Command {
    /** Bytes on their way when the last answer has ended still get there. */
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);

    /** How long kept responses may take to be told that they are over. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    /** How long writing those may take that are under way, and then how long writing the others. */
    private static final Duration WRITING = Duration.ofMillis(1500);

    ServeCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(Setting.values());
    }

    @Override
    String logLevel() {
        return "info";
    }

    @Override
    int run(Configuration asked) throws InterruptedException, IOException {
        Access.check(asked);
        Configuration configuration = NamedModel.chosen(asked, environment(), "serve");
        Path path = Models.file(configuration);
        Checked checked = checkBeforeListening(configuration, path);
        Shutdown shutdown = new Shutdown(() -> Runtime.getRuntime().halt(ExitCode.OK));
        IntConsumer halt = code -> Runtime.getRuntime().halt(code);
        environment().onTermination().accept(shutdown);
        Watchdog watchdog = new Watchdog(configuration.stuckTimeout(), System::nanoTime, halt);
        PrometheusRegistry registry = new PrometheusRegistry();
        JvmMetrics.builder().register(registry);
        EngineMetrics metrics =
                new EngineMetrics(registry); // Before the model, so that scrapes find them while it loads.
        Serving serving = new Serving(
                Models.name(configuration, path),
                Files.getLastModifiedTime(path).toInstant().getEpochSecond(),
                checked.facts(),
                watchdog::verdict,
                System::nanoTime);
        LifeMetrics life = new LifeMetrics(registry, Serving.states(), serving::state);
        AnswerMetrics answers = new AnswerMetrics(registry);
        long begun = System.nanoTime();
        try (watchdog;
                WatchedFiles files = new WatchedFiles(new FileMetrics(registry));
                ShutdownLimit limit =
                        new ShutdownLimit(shutdown, configuration.ending().limit(), halt);
                Tracing tracing = Tracing.of(configuration.traces());
                Listener listener = Listener.open(
                        configuration,
                        serving,
                        registry,
                        checked.fingerprint(),
                        Access.door(configuration, files, registry),
                        tracing.sink());
                RunningModel model = RunningModel.open(
                        configuration,
                        environment(),
                        (name, engine) -> observer(configuration, registry, metrics, name, engine),
                        new SnapshotMetrics(registry),
                        new StructureMetrics(registry),
                        serving::loading)) {
            files.start();
            DrainGate gate = new DrainGate(model.generator(), System::nanoTime);
            SnapshotFiles snapshots = model.snapshots();
            if (snapshots != null) {
                listener.shareAnswers(configuration, snapshots.answersMark(), answers);
            }
            listener.watchedBy(watchdog);
            watchdog.watch(Pulse.of(model.engine()));
            watchdog.start();
            life.loaded(System.nanoTime() - begun - model.warmUpNanos(), model.warmUpNanos());
            serving.ready(gate, () -> model.engine().status().healthy());
            shutdown.beginPatience(configuration.ending().delay());
            Logger log = LoggerFactory.getLogger(ServeCommand.class);
            warnOfMissingFlags(log);
            log.info("serving {} at {}", model.description(), listener.doors().address());
            log.info("after SIGTERM it ends in time for {}", configuration.ending());
            // On standard output, so that scripts learn the port whatever the log's form and level.
            listener.doors()
                    .managementAddress()
                    .ifPresent(at -> environment().out().println("tramontane: management at " + at));
            listener.doors()
                    .ollamaAddress()
                    .ifPresent(at -> environment().out().println("tramontane: Ollama's clients at " + at));
            environment()
                    .out()
                    .println("tramontane: serving " + serving.name() + " at "
                            + listener.doors().address());
            shutdown.await();
            limit.at("waiting for routers to hear of it");
            serving.leaving();
            listener.doors().leave();
            delay(configuration.ending().delay(), shutdown, log);
            limit.at("waiting for running answers");
            drain(configuration.ending().drain(), serving, gate, listener, log);
            watchdog.close(); // The limit sees to the rest.
            limit.at("closing the engine, whose step has to end");
            model.engine().close(); // what is cut gets its end while its connection is still there
            limit.at("closing connections");
            listener.doors().finish(LAST_BYTES);
            limit.at("freeing the model");
        }
        return ExitCode.OK;
    }

    private static EngineObserver observer(
            Configuration configuration,
            PrometheusRegistry registry,
            EngineMetrics own,
            String name,
            EngineConfig engine) {
        own.pageTokens(engine.pageTokens());
        return configuration.http().vllmMetrics()
                ? new EveryObserver(
                        List.of(own, new VllmMetrics(registry, name, engine.contextTokens(), engine.pageTokens())))
                : own;
    }

    /** What is known before listening. */
    private record Checked(String fingerprint, ModelFacts facts) {}

    /** A bad file, or sizes that don't go together, are refused before anybody can connect. */
    private Checked checkBeforeListening(Configuration configuration, Path path) throws IOException {
        try (ModelSource source = ModelSource.open(path)) {
            ModelPlan plan = source.plan(configuration.model().window());
            MemoryPlan.of(
                            KernelLibraries.load(configuration, environment()),
                            plan,
                            configuration,
                            MemoryLimit.ofProcess())
                    .required();
            return new Checked(
                    Models.fingerprint(configuration, source.files()), ServedFiles.facts(configuration, source, plan));
        }
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
