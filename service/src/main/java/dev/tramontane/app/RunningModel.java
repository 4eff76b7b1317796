package dev.tramontane.app;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.PageStore;
import dev.tramontane.generation.EngineTextGenerator;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.generation.GuideObserver;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.CpuLevel;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.Chain;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.snapshots.PageFiles;
import dev.tramontane.snapshots.SnapshotObserver;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.stages.StageObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model loaded, its engine running: what {@code serve}, {@code complete} and {@code chat} stand on. */
final class RunningModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunningModel.class);

    private final LoadedModel loaded;
    private final @Nullable LoadedModel draft;
    private final EngineLoop engine;
    private final @Nullable SnapshotFiles snapshots;
    private final EngineTextGenerator generator;
    private final LayoutChoice layout;
    private final String description;
    private final long warmUpNanos;

    private RunningModel(
            LoadedModel loaded,
            @Nullable LoadedModel draft,
            EngineLoop engine,
            @Nullable SnapshotFiles snapshots,
            EngineTextGenerator generator,
            LayoutChoice layout,
            String description,
            long warmUpNanos) {
        this.loaded = loaded;
        this.draft = draft;
        this.engine = engine;
        this.snapshots = snapshots;
        this.generator = generator;
        this.layout = layout;
        this.description = description;
        this.warmUpNanos = warmUpNanos;
    }

    /**
     * Loads the configured model and starts its engine. Blocks, with a progress bar when it takes long.
     *
     * @param configuration with a model: {@link DefaultModel#chosen}
     */
    static RunningModel open(Configuration configuration, Environment environment, EngineObserver observer) {
        return open(
                configuration,
                environment,
                (name, engine) -> observer,
                null,
                GuideObserver.NONE,
                StageObserver.NONE,
                (done, total) -> {},
                false);
    }

    /**
     * The same, with a first step computed before anybody asks.
     *
     * @param observer made for the model's name and the engine's sizes
     * @param snapshots hears of the files that the configuration names
     * @param guides hears of the forms that answers must have
     * @param stages hears of stages in other processes
     * @param progress hears bytes of the model that are prepared and to prepare, on this thread
     */
    static RunningModel open(
            Configuration configuration,
            Environment environment,
            BiFunction<String, EngineConfig, EngineObserver> observer,
            SnapshotObserver snapshots,
            GuideObserver guides,
            StageObserver stages,
            KernelContext.Progress progress) {
        return open(configuration, environment, observer, snapshots, guides, stages, progress, true);
    }

    private static RunningModel open(
            Configuration configuration,
            Environment environment,
            BiFunction<String, EngineConfig, EngineObserver> observer,
            @Nullable SnapshotObserver snapshots,
            GuideObserver guides,
            StageObserver stages,
            KernelContext.Progress progress,
            boolean warmUp) {
        Path path = Models.file(configuration);
        ModelSource source = ModelSource.open(path);
        KernelLibrary library;
        Configuration placed;
        MemoryPlan memory;
        Optional<Chain> chain;
        try {
            library = KernelLibraries.load(configuration, environment);
            ModelPlan plan = source.plan(configuration.model().window());
            Devices.Choice choice = Devices.choose(library, plan, configuration);
            placed = choice.configuration();
            choice.note().ifPresent(LOG::info);
            memory = MemoryPlan.of(library, plan, placed, MemoryLimit.ofProcess())
                    .required();
            chain = StageChain.of(placed, stages);
        } catch (RuntimeException | Error failure) {
            source.close();
            throw failure;
        }
        LoadedModel loaded = Models.load(placed, environment, library, source, chain, progress);
        try {
            String name = Models.name(placed, path);
            return start(placed, loaded, memory, library, name, observer, snapshots, guides, warmUp);
        } catch (RuntimeException | Error failure) {
            loaded.close();
            throw failure;
        }
    }

    /**
     * Loads a model that was looked at before, with the sizes that were planned then, and computes a first step.
     *
     * @param observer made for the model's name and the engine's sizes
     * @param snapshots hears of the files that the configuration names
     * @param guides hears of the forms that answers must have
     * @param progress hears bytes of the model that are prepared and to prepare, on this thread
     * @throws UsageException when its files have changed since
     */
    static RunningModel open(
            Offered offered,
            KernelLibrary library,
            Environment environment,
            BiFunction<String, EngineConfig, EngineObserver> observer,
            SnapshotObserver snapshots,
            GuideObserver guides,
            KernelContext.Progress progress) {
        LoadedModel loaded =
                Models.load(offered.configuration(), environment, library, offered.open(), Optional.empty(), progress);
        try {
            return start(
                    offered.configuration(),
                    loaded,
                    offered.memory(),
                    library,
                    offered.name(),
                    observer,
                    snapshots,
                    guides,
                    true);
        } catch (RuntimeException | Error failure) { // Whoever asks next tries again.
            loaded.close();
            throw failure;
        }
    }

    /**
     * Starts the engine of a model, which is closed with it.
     *
     * @param snapshots hears of the files that the configuration names; null to leave these alone
     * @param guides hears of the forms that answers must have
     * @param warmUp whether it computes something first
     */
    static RunningModel start(
            Configuration configuration,
            LoadedModel loaded,
            MemoryPlan memory,
            KernelLibrary library,
            String name,
            BiFunction<String, EngineConfig, EngineObserver> observer,
            @Nullable SnapshotObserver snapshots,
            GuideObserver guides,
            boolean warmUp) {
        LoadedModel draft =
                configuration.engine().draft().path().isEmpty() ? null : Drafts.load(configuration, library, loaded);
        try {
            return start(configuration, loaded, draft, memory, library, name, observer, snapshots, guides, warmUp);
        } catch (RuntimeException | Error failure) {
            if (draft != null) {
                draft.close();
            }
            throw failure;
        }
    }

    private static RunningModel start(
            Configuration configuration,
            LoadedModel loaded,
            @Nullable LoadedModel draft,
            MemoryPlan memory,
            KernelLibrary library,
            String name,
            BiFunction<String, EngineConfig, EngineObserver> observer,
            @Nullable SnapshotObserver snapshots,
            GuideObserver guides,
            boolean warmUp) {
        ModelGeometry geometry = loaded.geometry();
        Sizing sizing = memory.sizing();
        memory.notes().forEach(LOG::warn);
        LOG.info(
                "memory: {} together: {}",
                Units.show(memory.sum().bytes()),
                memory.sum().text());
        loaded.warnings().forEach(LOG::warn);
        LayoutChoice layout = LayoutChoice.of(
                        loaded.chat(), loaded.tokenizer(), configuration.model().chatLayout())
                .reading(configuration.model().toolParser());
        if (layout.exists()) {
            LOG.info("chats are laid out by {}, because {}", layout.name(), layout.reason());
            LOG.info("of answers, {}", layout.answers());
        } else {
            LOG.warn("chats are refused: {}", layout.reason());
        }
        SamplingDefaults sampling = toldSampling(configuration, loaded.source().sampling());
        SnapshotFiles files = snapshots == null
                ? null
                : SnapshotFiles.open(configuration, name, loaded, library, sizing.plan(), snapshots);
        try {
            EngineLoop engine = engine(loaded, draft, sizing, observer.apply(name, sizing.engine()), files);
            EngineTextGenerator generator = new EngineTextGenerator(
                    name, engine, loaded.tokenizer(), layout.layout(), GenerationConfig.DEFAULT, sampling, guides);
            long begun = System.nanoTime();
            if (warmUp) {
                warmUp(engine, generator, loaded.tokenizer().bos().orElse(0));
            }
            long warmUpNanos = System.nanoTime() - begun;
            String description = describe(configuration, name, geometry, library, sizing);
            engine.start();
            return new RunningModel(loaded, draft, engine, files, generator, layout, description, warmUpNanos);
        } catch (RuntimeException | Error failure) {
            closePages(files); // After the engine.
            throw failure;
        }
    }

    private static void closePages(@Nullable SnapshotFiles files) {
        PageFiles pages = files == null ? null : files.pages();
        if (pages != null) {
            pages.close();
        }
    }

    private static EngineLoop engine(
            LoadedModel loaded,
            @Nullable LoadedModel draft,
            Sizing sizing,
            EngineObserver observer,
            @Nullable SnapshotFiles files) {
        PageStore store = files == null ? null : files.pages();
        if (draft == null) {
            return new EngineLoop(loaded.model(), sizing.engine(), observer, System::nanoTime, store);
        }
        LOG.info("tokens are guessed by the draft model {}", draft.source().name());
        return new EngineLoop(
                loaded.model(),
                sizing.engine(),
                observer,
                System::nanoTime,
                store,
                draft.model(),
                Drafts.cacheBytes(draft.geometry(), sizing));
    }

    private static void warmUp(EngineLoop engine, EngineTextGenerator generator, int token) {
        try {
            generator.warmUpForms();
            engine.warmUp(token);
            generator.awaitForms();
        } catch (RuntimeException | Error broken) {
            engine.close();
            generator.close();
            throw broken;
        }
    }

    /** What holds where a request says nothing. */
    static SamplingDefaults sampling(Configuration configuration, SamplingDefaults suggested) {
        return configuration.model().suggestedSampling() ? suggested : SamplingDefaults.NEUTRAL;
    }

    private static SamplingDefaults toldSampling(Configuration configuration, SamplingDefaults suggested) {
        String flag = Setting.DEFAULT_SAMPLING.flag();
        if (suggested.equals(SamplingDefaults.NEUTRAL)) {
            LOG.info("requests that say nothing else are sampled with {}: the model suggests nothing", suggested);
            return suggested;
        }
        boolean taken = configuration.model().suggestedSampling();
        SamplingDefaults sampling = sampling(configuration, suggested);
        LOG.info(
                "requests that say nothing else are sampled with {}{}",
                sampling,
                taken
                        ? ", as generation_config.json suggests; " + flag + " neutral leaves that out"
                        : "; " + flag + " neutral leaves out what generation_config.json suggests: " + suggested);
        return sampling;
    }

    private static String devices(Configuration configuration, KernelLibrary library, Backend backend) {
        List<Device> on = configuration.compute().on();
        return on.isEmpty()
                ? library.describe(backend)
                : on.stream()
                        .distinct()
                        .map(device -> library.describe(backend, device))
                        .collect(Collectors.joining("; "));
    }

    private static String describe(
            Configuration configuration, String name, ModelGeometry geometry, KernelLibrary library, Sizing sizing) {
        Backend backend = Models.backend(configuration);
        boolean cpu = backend == Backend.CPU;
        boolean asked = configuration.compute().cpuLevel() != CpuLevel.AUTO;
        String level = backend.isDevice()
                ? " (" + devices(configuration, library, backend) + ")"
                : !cpu
                        ? ""
                        : asked
                                ? " (" + configuration.compute().cpuLevel().label() + " because --cpu-level says so)"
                                : " (" + DoctorCommand.level(library.host()) + ")";
        String windows = geometry.groups().stream()
                .map(group -> group.window() == 0 ? "none" : Integer.toString(group.window()))
                .collect(Collectors.joining("/"));
        return String.format(
                Locale.ROOT,
                "model %s, backend %s%s, %s, context %d, window %s, cache %s for %s",
                name,
                backend.name().toLowerCase(Locale.ROOT),
                level,
                Units.count(
                        configuration.compute().threads().orElse(library.host().processors()), "thread"),
                sizing.engine().contextTokens(),
                windows,
                Units.show(sizing.plan().bytes()),
                Units.count(sizing.plan().sequences(sizing.engine().contextTokens()), "whole sequence"));
    }

    /** How conversations are laid out. */
    LayoutChoice layout() {
        return layout;
    }

    TextGenerator generator() {
        return generator;
    }

    EngineLoop engine() {
        return engine;
    }

    LoadedModel loaded() {
        return loaded;
    }

    /** The files that the configuration names, or null. */
    @Nullable
    SnapshotFiles snapshots() {
        return snapshots;
    }

    /** Model, backend, processor level and why, context, window and cache in one line. */
    String description() {
        return description;
    }

    /** How long the first steps took, before anybody asked; next to nothing where there were none. */
    long warmUpNanos() {
        return warmUpNanos;
    }

    /** Cancels everything that runs and frees the memory. */
    @Override
    public void close() {
        engine.close();
        closePages(snapshots);
        generator.close();
        if (draft != null) {
            draft.close();
        }
        loaded.close();
    }
}
