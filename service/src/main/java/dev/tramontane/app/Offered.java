package dev.tramontane.app;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.kernels.Device;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelPlan;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.SourceFile;
import dev.tramontane.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that is offered: its files checked, its memory planned, nothing of it loaded. What clients are told of it, and what it is
 * loaded with later, is of this one look.
 *
 * @param name by which clients know it
 * @param createdSeconds of its file, since 1970
 * @param fingerprint changes whenever the same request with the same seed may give other tokens
 * @param memory context, cache, and all that it takes
 * @param times when its files were written last, and those of the model that guesses for it
 */
record Offered(
        Configuration configuration,
        String name,
        long createdSeconds,
        String fingerprint,
        ModelFacts facts,
        ModelGeometry geometry,
        MemoryPlan memory,
        Map<Path, FileTime> times) {
    private static final Logger LOG = LoggerFactory.getLogger(Offered.class);

    /**
     * Looks at a model's files. A bad file, or sizes that don't go together, are refused.
     *
     * @param configuration with the model's path
     * @throws UsageException when it cannot be had here
     */
    static Offered of(Configuration configuration, KernelLibrary library) throws IOException {
        return of(configuration, library, List.of());
    }

    /**
     * The same while others are loaded.
     *
     * @param known devices of these, with what was free of each before
     */
    static Offered of(Configuration configuration, KernelLibrary library, List<Device> known) throws IOException {
        Path path = Models.file(configuration);
        try (ModelSource source = ModelSource.open(path)) {
            ModelPlan plan = source.plan(configuration.model().window());
            Devices.Choice choice = Devices.choose(library, plan, configuration);
            Configuration placed = before(choice.configuration(), known);
            String name = Models.name(placed, path);
            choice.note().ifPresent(note -> LOG.info("{}: {}", name, note));
            return new Offered(
                    placed,
                    name,
                    Files.getLastModifiedTime(path).toInstant().getEpochSecond(),
                    Models.fingerprint(placed, source.files()),
                    ServedFiles.facts(placed, source, plan),
                    plan.geometry(),
                    MemoryPlan.of(library, plan, placed, MemoryLimit.ofProcess())
                            .required(),
                    times(placed, source));
        }
    }

    private static Configuration before(Configuration placed, List<Device> known) {
        Map<String, Device> devices = new HashMap<>();
        known.forEach(device -> devices.put(device.uuid(), device));
        List<Device> on = placed.compute().on().stream()
                .map(device -> devices.getOrDefault(device.uuid(), device))
                .toList();
        return placed.on(placed.compute().backend(), on);
    }

    private static Map<Path, FileTime> times(Configuration configuration, ModelSource source) throws IOException {
        List<SourceFile> files = new ArrayList<>(source.files());
        Optional<Path> draft = configuration.engine().draft().path();
        if (draft.isPresent()) {
            try (ModelSource guessing = ModelSource.open(draft.get())) {
                files.addAll(guessing.files());
            }
        }
        Map<Path, FileTime> times = new LinkedHashMap<>();
        for (SourceFile file : files) {
            times.put(file.path(), Files.getLastModifiedTime(file.path()));
        }
        return times;
    }

    /** What it can be asked for, before it is loaded. Takes up to seconds for large vocabularies. */
    ModelProfile profile() {
        try (ModelSource source = ModelSource.open(Models.file(configuration))) {
            Tokenizer tokenizer = LoadedModel.tokenizer(
                    source, source.plan(configuration.model().window()));
            LayoutChoice layout = LayoutChoice.of(
                            source.chat(), tokenizer, configuration.model().chatLayout())
                    .reading(configuration.model().toolParser());
            return ModelProfile.of(
                    memory.sizing().engine().contextTokens(),
                    tokenizer,
                    layout.layout(),
                    RunningModel.sampling(configuration, source.sampling()));
        }
    }

    /**
     * Looks at its files again, without reading them.
     *
     * @throws UsageException when they have changed since: what clients were told would not be true of them
     */
    void requireUnchanged() {
        try {
            for (Map.Entry<Path, FileTime> file : times.entrySet()) {
                if (!Files.getLastModifiedTime(file.getKey()).equals(file.getValue())) {
                    throw changed();
                }
            }
        } catch (IOException gone) {
            throw gone(gone);
        }
    }

    /**
     * Opens its files again.
     *
     * @throws UsageException as {@link #requireUnchanged}, or when there are others now
     */
    ModelSource open() {
        ModelSource source = ModelSource.open(Models.file(configuration));
        try {
            if (!times(configuration, source).equals(times)) {
                throw changed();
            }
            return source;
        } catch (IOException gone) {
            source.close();
            throw gone(gone);
        } catch (RuntimeException | Error changed) {
            source.close();
            throw changed;
        }
    }

    private UsageException changed() {
        return new UsageException("the files of " + name
                + " have changed since it was looked at: restart the server to serve what they are now");
    }

    private UsageException gone(IOException why) {
        return new UsageException("the files of " + name + " cannot be read any more: " + why.getMessage(), why);
    }
}
