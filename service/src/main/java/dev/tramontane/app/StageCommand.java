package dev.tramontane.app;

import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.stages.StageServer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tramontane stage}: computes a share of a model's layers for a server in another process, until SIGTERM or Ctrl-C. */
@CommandLine.Command(
        name = "stage",
        description =
                "Compute a share of a model's layers for a server that is started with --stages. It waits for the server, which"
                        + " says which layers, loads them and computes; when the server goes, it waits for the next. Both"
                        + " need the same release and the same model. SIGTERM or Ctrl-C ends it with exit code 0.",
        footer = {
            "",
            "Examples:",
            "  tramontane stage mistral-7b.gguf --listen 0.0.0.0:7100 --stage-secret-file secret",
            "  tramontane serve mistral-7b.gguf --stages worker-1:7100 --stage-secret-file secret"
        })
final class StageCommand extends Command {
    @Parameters(arity = "0..1", paramLabel = "[MODEL]", description = "The server's model, as for --model.")
    private @Nullable String model;

    StageCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return CommandSettings.ofStage();
    }

    @Override
    String logLevel() {
        return "info";
    }

    @Override
    void addFlags(Map<Setting, String> flags) {
        if (model != null) {
            flags.put(Setting.MODEL, model);
        }
    }

    /** Only where it listens. */
    @Override
    boolean answersOnStandardOutput() {
        return false;
    }

    @Override
    int run(Configuration asked) throws InterruptedException {
        Configuration configuration = NamedModel.chosen(asked, environment(), "stage");
        StagesChoice stages = configuration.stages();
        KernelLibrary library = KernelLibraries.load(configuration, environment());
        CountDownLatch ended = new CountDownLatch(1);
        environment().onTermination().accept(ended::countDown);
        IntConsumer halt = code -> Runtime.getRuntime().halt(code);
        try (Watchdog watchdog = new Watchdog(configuration.stuckTimeout(), System::nanoTime, halt);
                StageServer server = listen(stages, new ModelHost(configuration, library))) {
            watchdog.watch(Pulse.of(server.heartbeat()));
            watchdog.start();
            String at = stages.listen().at(server.port()).toString();
            LoggerFactory.getLogger(StageCommand.class)
                    .info("a stage of {} waits for its server at {}", Models.file(configuration), at);
            environment().out().println("tramontane: stage at " + at); // So that scripts learn the port.
            ended.await();
        }
        return ExitCode.OK;
    }

    private static StageServer listen(StagesChoice stages, ModelHost host) {
        try {
            return new StageServer(stages.listen(), stages.security(), stages.timeout(), host);
        } catch (IOException unable) {
            throw new ListenException(
                    Setting.LISTEN.flag() + " " + stages.listen() + ": " + unable.getMessage(), unable);
        }
    }
}
