package dev.tramontane.app;

import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.Chain;
import dev.tramontane.load.LoadOptions;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.load.MemoryEstimate;
import dev.tramontane.load.WorkspaceEstimate;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelName;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which model, and how it is run. */
final class Models {
    private static final Logger LOG = LoggerFactory.getLogger(Models.class);

    private Models() {}

    /** The file or directory to run, once {@link DefaultModel} has seen to it that there is one. */
    static Path file(Configuration configuration) {
        return configuration.model().path().orElseThrow();
    }

    /** The name by which clients know it: what was asked for, or what the path says. */
    static String name(Configuration configuration, Path path) {
        return configuration.model().name().orElseGet(() -> ModelName.of(path));
    }

    /** The same of one whose path is known. */
    static String name(Configuration configuration) {
        return name(configuration, file(configuration));
    }

    /** Changes whenever the same request with the same seed may give other tokens. */
    static String fingerprint(Configuration configuration, List<SourceFile> files) throws IOException {
        CRC32 sum = new CRC32();
        StringBuilder sizes = new StringBuilder();
        for (SourceFile file : files) {
            // The first megabytes of a file hold its metadata and some weights; hashing all of it would read all of it.
            try (InputStream in = Files.newInputStream(file.path())) {
                sum.update(in.readNBytes(4 << 20));
            }
            sizes.append(file.bytes()).append(' ');
        }
        String rest = sizes + Program.Version.number() + " " + backend(configuration) + " "
                + configuration.model().window()
                + " " + configuration.engine().kv() + " "
                + configuration.model().chatLayout() + " "
                + configuration.model().suggestedSampling() + " "
                + configuration.model().quantize();
        sum.update(rest.getBytes(StandardCharsets.UTF_8));
        return String.format(Locale.ROOT, "tm-%08x", sum.getValue());
    }

    /**
     * Loads a model as it is configured. Blocks, with a progress bar when it takes long.
     *
     * @param source whose owner the model becomes; closed when loading fails
     * @param chain with stages in other processes; empty for a model that is here as a whole
     * @param progress hears bytes of the model that are prepared and to prepare, on this thread
     */
    static LoadedModel load(
            Configuration configuration,
            Environment environment,
            KernelLibrary library,
            ModelSource source,
            Optional<Chain> chain,
            KernelContext.Progress progress) {
        LoadOptions options = placed(
                configuration,
                configuration.model().window(),
                configuration.model().quantize());
        ProgressBar bar = new ProgressBar(
                "loading " + Path.of(source.name()).getFileName(),
                environment.err(),
                environment.terminal(),
                System::nanoTime);
        long[] bytes = {0};
        Optional<Chain> stages = chain.or(() -> DeviceSplit.chain(library, source, configuration));
        LoadedModel loaded = LoadedModel.load(library, source, options, stages, (done, total) -> {
            bytes[0] = total;
            bar.at(done, total);
            progress.at(done, total);
        });
        bar.done();
        if (bytes[0] > 0) {
            LOG.info("{}", loaded(bytes[0], loaded.weightNanos()));
        }
        return loaded;
    }

    /**
     * How long it took until the weights were where they are computed from.
     *
     * @param bytes of the files that were read and ordered for it
     */
    static String loaded(long bytes, long nanos) {
        return String.format(
                Locale.ROOT,
                "weights of %s loaded in %.1f s: %s a second",
                Units.show(bytes),
                nanos / 1e9,
                Units.show((long) (bytes / (Math.max(1, nanos) / 1e9))));
    }

    /** A model is loaded where the configuration says, with a window and rounded like this. */
    static LoadOptions placed(Configuration configuration, OptionalInt window, Optional<DType> quantize) {
        return new LoadOptions(
                backend(configuration),
                configuration.compute().cpuLevel(),
                configuration.compute().threads().orElse(0),
                headDevice(configuration),
                window,
                quantize);
    }

    /** Of several devices the last has the head, and a draft model. */
    private static int headDevice(Configuration configuration) {
        List<Device> on = configuration.compute().on();
        return on.isEmpty() ? 0 : on.getLast().index();
    }

    /**
     * Why a backend cannot compute a model; empty when it can.
     *
     * @throws ModelException when there can be no such model
     */
    static Optional<String> lack(KernelLibrary library, ModelPlan plan, Configuration configuration, Backend backend) {
        if (backend.isDevice() && configuration.engine().kv() == CacheType.F32) {
            return Optional.of("it keeps no cache of F32, and --kv says f32");
        }
        WorkspaceEstimate.requireShape(library, plan.geometry(), backend);
        return MemoryEstimate.lacking(
                library, plan, backend, configuration.model().quantize());
    }

    /** The backend that computes: of {@code auto} the vectorised one, until {@link Devices} has found another. */
    static Backend backend(Configuration configuration) {
        return switch (configuration.compute().backend()) {
            case AUTO, CPU -> Backend.CPU;
            case REF -> Backend.REF;
            case CUDA -> Backend.CUDA;
            case EMU -> Backend.EMU;
        };
    }
}
