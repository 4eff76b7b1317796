package dev.tramontane.app;

import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LocalStage;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.stages.StageHost;
import dev.tramontane.stages.StageOrder;
import dev.tramontane.weights.ModelFileException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Layers of the one model that a stage's process was started with. */
final class ModelHost implements StageHost {
    private static final Logger LOG = LoggerFactory.getLogger(ModelHost.class);

    private final Configuration configuration;
    private final KernelLibrary library;

    /** @param configuration with the model's path */
    ModelHost(Configuration configuration, KernelLibrary library) {
        this.configuration = configuration;
        this.library = library;
    }

    @Override
    public Hosted open(StageOrder order, Progress progress) {
        StageOrders.otherProgram(order).ifPresent(ModelHost::refuse);
        try {
            ModelSource source = ModelSource.open(Models.file(configuration));
            try {
                return load(order, source, progress);
            } catch (RuntimeException | Error failure) {
                source.close();
                throw failure;
            }
        } catch (ModelFileException | UsageException | IllegalArgumentException unfit) {
            throw new ModelException(String.valueOf(unfit.getMessage()), unfit);
        }
    }

    private static void refuse(String why) {
        throw new ModelException(why);
    }

    private Hosted load(StageOrder order, ModelSource source, Progress progress) {
        ModelPlan plan = source.plan(StageOrders.window(order));
        StageOrders.otherModel(order, plan).ifPresent(ModelHost::refuse);
        Configuration placed = placed(order, plan);
        Optional<DType> quantize = StageOrders.quantize(order);
        long heap = Runtime.getRuntime().maxMemory();
        StageMemory.ofWeights(library, plan, order.layers(), placed, quantize, heap)
                .excess(MemoryLimit.ofProcess())
                .ifPresent(ModelHost::refuse);
        LoadOptions options = Models.placed(placed, StageOrders.window(order), quantize);
        LocalStage stage = LocalStage.load(library, plan, order.layers(), options, progress::at);
        LOG.info("{} of {} are loaded for the backend {}", order.layers(), source.name(), order.backend());
        return new Loaded(source, plan, stage, library, placed, quantize);
    }

    /** The server's backend: another one's bits would be others. */
    private Configuration placed(StageOrder order, ModelPlan plan) {
        BackendChoice asked = BackendChoice.valueOf(order.backend().toUpperCase(Locale.ROOT));
        BackendChoice own = configuration.compute().backend();
        if (own != BackendChoice.AUTO && own != asked) {
            refuse("it computes with " + Setting.BACKEND.flag() + " " + SettingValues.lower(own.name())
                    + ", the server with " + order.backend() + ": give both the same, or the stage auto");
        }
        Configuration with = configuration.on(asked, List.of());
        Configuration placed = Devices.choose(library, plan, with).configuration();
        if (placed.compute().on().size() > 1) {
            refuse("it was started with several devices, and computes on one: start a stage for each "
                    + Setting.DEVICE.flag());
        }
        return placed;
    }

    private record Loaded(
            ModelSource source,
            ModelPlan plan,
            LocalStage local,
            KernelLibrary library,
            Configuration placed,
            Optional<DType> quantize)
            implements Hosted {
        @Override
        public Stage stage() {
            return local;
        }

        @Override
        public ModelGeometry geometry() {
            return plan.geometry();
        }

        /**
         * What is loaded is counted with it, and so is the cache before this one, which is given back first: so it is held against what
         * the device had free when it was chosen, before layers were loaded, and what the machine has free with what this process holds.
         */
        @Override
        public void require(CacheShape shape) {
            long heap = Runtime.getRuntime().maxMemory();
            StageMemory.of(library, plan, local.layers(), placed, quantize, shape, heap)
                    .excess(MemoryLimit.ofProcess())
                    .ifPresent(ModelHost::refuse);
        }

        @Override
        public void close() {
            try {
                local.close();
            } finally {
                source.close();
            }
        }
    }
}
