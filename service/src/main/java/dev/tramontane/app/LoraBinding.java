package dev.tramontane.app;

import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelSource;
import dev.tramontane.weights.ModelFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which of the served models each adapter of the start is for, and so which models need room for adapters. */
final class LoraBinding {
    private final List<Configuration> models;
    private final Map<String, Map<String, Path>> bound = new LinkedHashMap<>();
    private final List<AdapterFit.Candidate> candidates = new ArrayList<>();

    private LoraBinding(List<Configuration> models) {
        this.models = models;
        models.forEach(model -> bound.put(Models.name(model), new LinkedHashMap<>()));
    }

    /**
     * The same configurations, each with the adapters of its model, by names without the model.
     *
     * @param models that were chosen, all with the same adapters
     * @throws UsageException when an adapter names no model, or fits none or several
     */
    static List<Configuration> of(List<Configuration> models) {
        LoraChoice lora = models.getFirst().engine().lora();
        if (lora.room().most() == 0) {
            return models;
        }
        LoraBinding binding = new LoraBinding(models);
        lora.atStart().forEach(binding::bind);
        return models.stream().map(binding::with).toList();
    }

    private void bind(String asked, Path directory) {
        LoraName name = LoraName.of(asked);
        String model = name.model().orElseGet(() -> fitting(asked, directory));
        Map<String, Path> adapters = bound.get(model);
        if (adapters == null) {
            throw new UsageException(Setting.LORA.flag() + " " + asked + ": no model is called " + model
                    + "; there are " + String.join(", ", bound.keySet()));
        }
        if (bound.containsKey(name.name()) || bound.containsKey(LoraName.full(model, name.name()))) {
            throw new UsageException(
                    Setting.LORA.flag() + " " + asked + ": a model has that name; give the adapter another one");
        }
        if (adapters.put(name.name(), directory) != null) {
            throw new UsageException(
                    Setting.LORA.flag() + ": two adapters of " + model + " would be called " + name.name());
        }
    }

    private String fitting(String asked, Path directory) {
        try {
            return AdapterFit.of(directory, candidates());
        } catch (UsageException | ModelFileException unfit) {
            throw ServedAdapters.unusable(asked, String.valueOf(unfit.getMessage()), unfit);
        }
    }

    private List<AdapterFit.Candidate> candidates() {
        if (candidates.isEmpty()) {
            for (Configuration model : models) {
                candidates.add(new AdapterFit.Candidate(
                        Models.name(model), model.model().asked(), geometry(model)));
            }
        }
        return candidates;
    }

    private static ModelGeometry geometry(Configuration model) {
        try (ModelSource source = ModelSource.open(Models.file(model))) {
            return source.plan(model.model().window()).geometry();
        }
    }

    private Configuration with(Configuration model) {
        Map<String, Path> own = bound.getOrDefault(Models.name(model), Map.of());
        LoraChoice lora = model.engine().lora();
        if (own.size() > lora.room().most()) {
            throw new UsageException(Setting.MAX_LORAS.flag() + " must be at least " + own.size() + ", the adapters of "
                    + Models.name(model) + " by " + Setting.LORA.flag() + ", got "
                    + lora.room().most());
        }
        boolean wanted = !own.isEmpty() || lora.directory().isPresent();
        return model.adapted(new LoraChoice(own, lora.directory(), wanted ? lora.room() : AdapterRoom.NONE));
    }
}
