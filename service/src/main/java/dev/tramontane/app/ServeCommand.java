package dev.tramontane.app;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.generation.Prompt;
import dev.tramontane.metrics.EngineMetrics;
import dev.tramontane.metrics.EveryObserver;
import dev.tramontane.metrics.VllmMetrics;
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
                        + " and ends with exit code 0; a second one does not wait.",
        footer = {
            "",
            "Examples:",
            "  tramontane serve",
            "  tramontane serve --model mistral-7b-instruct.Q4_K_M.gguf --context 8192 --cache-memory 2GiB"
        })
final class ServeCommand extends Command {
    /** Bytes on their way when the last answer has ended still get there. */
    private static final Duration LAST_BYTES = Duration.ofSeconds(2);

    /** What a shutdown may take beyond the time for running answers: a step's end, last bytes, memory given back. */
    private static final Duration ENDING = Duration.ofSeconds(10);

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
        Configuration configuration = DefaultModel.chosen(asked, environment(), "serve");
        Path path = Models.file(configuration);
        String fingerprint = checkBeforeListening(configuration, path);
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
                watchdog::verdict,
                System::nanoTime);
        try (watchdog;
                ShutdownLimit limit =
                        new ShutdownLimit(shutdown, configuration.drainTimeout().plus(ENDING), halt);
                Listener listener = Listener.open(configuration, serving, registry, fingerprint);
                RunningModel model = RunningModel.open(
                        configuration,
                        environment(),
                        (name, engine) -> observer(configuration, registry, metrics, name, engine),
                        serving::loading)) {
            DrainGate gate = new DrainGate(model.generator(), System::nanoTime);
            listener.watchedBy(watchdog);
            warmUp(model);
            watchdog.watch(Pulse.of(model.engine())); // Not before: a first step reads all weights.
            watchdog.start();
            serving.ready(gate, () -> model.engine().status().healthy());
            shutdown.beginPatience();
            Logger log = LoggerFactory.getLogger(ServeCommand.class);
            warnOfMissingFlags(log);
            log.info("serving {} at {}", model.description(), listener.address());
            // On standard output, so that scripts learn the port whatever the log's form and level.
            environment().out().println("tramontane: serving " + serving.name() + " at " + listener.address());
            shutdown.await();
            limit.at("waiting for running answers");
            drain(configuration, serving, gate, log);
            watchdog.close(); // The limit sees to the rest.
            limit.at("closing the engine, whose step has to end");
            model.engine().close(); // what is cut gets its end while its connection is still there
            limit.at("closing connections");
            listener.finish(LAST_BYTES);
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
        return configuration.http().vllmMetrics()
                ? new EveryObserver(
                        List.of(own, new VllmMetrics(registry, name, engine.contextTokens(), engine.pageTokens())))
                : own;
    }

    /** A bad file, or sizes that don't go together, are refused before anybody can connect. */
    private String checkBeforeListening(Configuration configuration, Path path) throws IOException {
        try (ModelSource source = ModelSource.open(path)) {
            MemoryPlan.of(
                            KernelLibraries.load(configuration, environment()),
                            source.plan(configuration.model().window()),
                            configuration,
                            MemoryLimit.ofProcess())
                    .required();
            return Models.fingerprint(configuration, source.files());
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

    /** A first token touches all weights and lets the JIT see the step before anybody waits for it. */
    private static void warmUp(RunningModel model) throws InterruptedException {
        int first = model.loaded().tokenizer().bos().orElse(0);
        Answer.start(model.generator(), SamplingOptions.greedy(new Prompt.Ids(new int[] {first}), 1), text -> {})
                .await();
    }

    private static void drain(Configuration configuration, Serving serving, DrainGate gate, Logger log)
            throws InterruptedException {
        serving.draining();
        gate.close(configuration.drainTimeout());
        int running = gate.underWay();
        log.info(
                "shutting down: new requests are refused, {} running get up to {} s; a second signal ends at once",
                running,
                configuration.drainTimeout().toSeconds());
        int cut = gate.awaitIdle(configuration.drainTimeout());
        if (cut > 0) {
            log.warn("cutting {}: the time for running answers is over", Units.count(cut, "answer"));
        }
    }
}
