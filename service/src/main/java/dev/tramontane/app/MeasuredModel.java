package dev.tramontane.app;

import dev.tramontane.app.Fact.Section;
import dev.tramontane.app.MemorySum.Place;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.generation.GuideObserver;
import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model that is driven without an engine, to be measured: opened and its memory planned, then loaded. Used by the main
 * thread.
 */
final class MeasuredModel implements AutoCloseable {
    private final Path path;
    private final KernelLibrary library;
    private final Configuration configuration;
    private final ModelSource source;
    private final MemoryPlan memory;
    private @Nullable LoadedModel loaded;
    private boolean handedOver;

    private MeasuredModel(
            Path path, KernelLibrary library, Configuration configuration, ModelSource source, MemoryPlan memory) {
        this.path = path;
        this.library = library;
        this.configuration = configuration;
        this.source = source;
        this.memory = memory;
    }

    /**
     * Opens and plans a model.
     *
     * @param library that will run it
     * @param usualContext tokens of context, if none were asked for and the model was made for as many
     * @param limit what memory there is for it
     * @throws UsageException when it does not fit
     */
    static MeasuredModel open(
            KernelLibrary library, Path path, Configuration configuration, int usualContext, MemoryLimit limit) {
        ModelSource source = ModelSource.open(path);
        try {
            ModelPlan plan = source.plan(configuration.model().window());
            int context = configuration
                    .model()
                    .context()
                    .orElse(Math.min(usualContext, plan.geometry().contextLength()));
            Configuration sized = Devices.choose(library, plan, configuration.withContext(context))
                    .configuration();
            MemoryPlan memory = MemoryPlan.of(library, plan, sized, limit).required();
            return new MeasuredModel(path, library, sized, source, memory);
        } catch (RuntimeException | Error failure) {
            source.close();
            throw failure;
        }
    }

    /** What is left of a limit beside this model. */
    MemoryLimit beside(MemoryLimit limit) {
        return limit.without(memory.sum().bytesOfModel(), memory.sum().bytes(Place.FILE));
    }

    Configuration configuration() {
        return configuration;
    }

    /** Context, cache and the sizes of a step. */
    Sizing sizing() {
        return memory.sizing();
    }

    /** Its files. */
    List<Path> files() {
        return source.files().stream().map(SourceFile::path).toList();
    }

    /** Loads it, with a progress bar when that takes long. The result is closed with this. */
    LoadedModel load(Environment environment) {
        return load(environment, (done, total) -> {});
    }

    /**
     * The same.
     *
     * @param progress hears bytes of the model that are prepared and to prepare, on this thread
     */
    LoadedModel load(Environment environment, KernelContext.Progress progress) {
        LoadedModel ready = Models.load(configuration, environment, library, source, Optional.empty(), progress);
        loaded = ready;
        return ready;
    }

    /**
     * Starts an engine on the loaded model with the cache that was planned. The model is closed with the result.
     *
     * @param ready what {@link #load} gave
     */
    RunningModel start(LoadedModel ready) {
        RunningModel running = RunningModel.start(
                configuration,
                ready,
                memory,
                library,
                Models.name(configuration, path),
                (name, sizes) -> EngineObserver.NONE,
                null,
                GuideObserver.NONE,
                false);
        handedOver = true;
        return running;
    }

    /** What a step costs. */
    StepCost cost() {
        return StepCost.of(
                source.plan(configuration.model().window()),
                configuration.model().quantize());
    }

    /** What it is and how it is run. */
    Section section(String label, String key, LoadedModel ready) {
        ModelGeometry geometry = ready.geometry();
        List<String> windows = geometry.groups().stream()
                .map(LayerGroup::window)
                .map(window -> window == 0 ? "none" : Integer.toString(window))
                .toList();
        List<Fact> facts = new ArrayList<>(List.of(
                Fact.of("path", "path", path.toString()),
                Fact.of(
                        "weights",
                        "weights",
                        source.stored().stream()
                                .filter(tensor -> tensor.elements() > geometry.width())
                                .map(tensor -> tensor.type().toLowerCase(Locale.ROOT))
                                .distinct()
                                .sorted()
                                .collect(Collectors.joining(", "))),
                Fact.of(
                        "backend",
                        "backend",
                        Models.backend(configuration).name().toLowerCase(Locale.ROOT)),
                Fact.of("cache", "kv", configuration.engine().kv().word()),
                new Fact("window", String.join(", ", windows), "windows", windows)));
        configuration
                .model()
                .quantize()
                .ifPresent(type -> facts.add(
                        Fact.of("quantised to", "quantize", type.name().toLowerCase(Locale.ROOT))));
        return new Section(label, key, facts);
    }

    @Override
    public void close() {
        if (loaded == null) {
            source.close();
        } else if (!handedOver) {
            loaded.close();
        }
    }
}
