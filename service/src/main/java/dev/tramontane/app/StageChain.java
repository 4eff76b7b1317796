package dev.tramontane.app;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.Chain;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LocalStage;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.Stage;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.stages.RemoteStage;
import dev.tramontane.stages.StageObserver;
import dev.tramontane.stages.StageSecurity;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server's chain with {@code --stages}: the first share of the layers here, each other one in another process. */
record StageChain(StagesChoice choice, StageSecurity security, StageObserver observer) implements Chain {
    private static final Logger LOG = LoggerFactory.getLogger(StageChain.class);

    private static final int NAME_BYTES = 16;

    /**
     * The chain that a configuration asks for; empty for a model in one piece.
     *
     * @throws UsageException naming the file at fault
     */
    static Optional<Chain> of(Configuration configuration, StageObserver observer) {
        StagesChoice choice = configuration.stages();
        return choice.isEmpty() ? Optional.empty() : Optional.of(new StageChain(choice, choice.security(), observer));
    }

    @Override
    public List<Stage> open(
            KernelLibrary library, ModelPlan plan, LoadOptions options, KernelContext.Progress progress) {
        List<LayerRange> ranges = choice.ranges(plan.geometry().layers());
        byte[] name = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(name);
        String head = HexFormat.of().formatHex(name);
        List<RemoteStage> remote = new ArrayList<>();
        List<Stage> stages = new ArrayList<>();
        try {
            for (int i = 0; i < choice.addresses().size(); i++) { // They load while this process does.
                LayerRange layers = ranges.get(i + 1);
                LOG.info(
                        "{} are for the stage at {}", layers, choice.addresses().get(i));
                remote.add(new RemoteStage(
                        choice.addresses().get(i),
                        security,
                        StageOrders.of(head, plan, options, layers),
                        plan.geometry(),
                        choice.timeout(),
                        observer));
            }
            stages.add(LocalStage.load(library, plan, ranges.getFirst(), options, progress));
            stages.addAll(remote);
            long end = System.nanoTime() + choice.patience().toNanos(); // For all of them together.
            for (RemoteStage stage : remote) {
                stage.awaitReady(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
            return stages;
        } catch (InterruptedException ended) {
            close(stages, remote);
            Thread.currentThread().interrupt();
            throw new ModelException("the start was interrupted while it waited for stages", ended);
        } catch (RuntimeException | Error failure) {
            close(stages, remote);
            throw failure;
        }
    }

    private static void close(List<Stage> stages, List<RemoteStage> remote) {
        stages.stream().filter(LocalStage.class::isInstance).forEach(Stage::close);
        remote.forEach(Stage::close);
    }
}
