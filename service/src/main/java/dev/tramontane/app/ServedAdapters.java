package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.engine.Engine;
import dev.tramontane.metrics.AdapterMetrics;
import dev.tramontane.model.ModelException;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The adapters of all models of a server: those of the start, and those that requests load from the operator's folder. Asked on any thread;
 * requests' are loaded one at a time, on a thread of its own.
 */
final class ServedAdapters implements ServedModels.Adapting, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedAdapters.class);

    /** Loads that may wait for the one under way. */
    private static final int MOST_WAITING = 64;

    private static final List<String> FILES = List.of("adapter_config.json", "adapter_model.safetensors");
    private static final String NAME_FIELD = "lora_name";

    /** Those without which the server does not start. */
    private final Set<NamedAdapter> ofStart = new HashSet<>();

    /** In the order of models; replaced as a whole. */
    private volatile Map<String, ModelAdapters> models = Map.of();

    private volatile List<AdapterFit.Candidate> candidates = List.of();
    private final Optional<Path> directory;
    private final @Nullable Scheduler loader;

    /**
     * One that was asked for.
     *
     * @param model the name of the one that it is of
     */
    record Found(String model, NamedAdapter adapter) {}

    private ServedAdapters(Optional<Path> directory) {
        this.directory = directory;
        loader = directory.isEmpty() ? null : Schedulers.newBoundedElastic(1, MOST_WAITING, "adapter-loader", 60, true);
    }

    /**
     * Those of the start, checked, none of them loaded.
     *
     * @param offered each with its own adapters, as {@link LoraBinding} has found out
     * @throws UsageException naming the adapter that cannot be used
     */
    static ServedAdapters of(List<Offered> offered) {
        ServedAdapters served = new ServedAdapters(
                offered.getFirst().configuration().engine().lora().directory());
        try {
            for (Offered model : offered) {
                served.list(model);
            }
        } catch (RuntimeException | Error failure) {
            served.close();
            throw failure;
        }
        return served;
    }

    /** Of one model with those that it has; none come, and none go. */
    static ServedAdapters of(ModelAdapters model) {
        ServedAdapters served = new ServedAdapters(Optional.empty());
        served.list(model, Optional.empty());
        return served;
    }

    private synchronized void list(ModelAdapters model, Optional<String> asked) {
        Map<String, ModelAdapters> more = new LinkedHashMap<>(models);
        more.put(model.base(), model);
        List<AdapterFit.Candidate> fitting = new ArrayList<>(candidates);
        fitting.add(new AdapterFit.Candidate(model.base(), asked, model.geometry()));
        candidates = List.copyOf(fitting);
        models = Collections.unmodifiableMap(more);
    }

    /** A model has gone, and its adapters with it. */
    synchronized void forget(String model) {
        Map<String, ModelAdapters> fewer = new LinkedHashMap<>(models);
        fewer.remove(model);
        candidates = candidates.stream()
                .filter(candidate -> !candidate.name().equals(model))
                .toList();
        models = Collections.unmodifiableMap(fewer);
    }

    /**
     * One more model.
     *
     * @throws UsageException when an adapter of its own cannot be used
     */
    void list(Offered model) {
        LoraChoice lora = model.configuration().engine().lora();
        ModelAdapters adapters = new ModelAdapters(model.name(), model.geometry(), lora.room());
        list(adapters, model.configuration().model().asked());
        lora.atStart().forEach((name, path) -> {
            try {
                ofStart.add(adapters.add(name, path));
            } catch (ModelFileException | ApiException refused) {
                throw unusable(name, String.valueOf(refused.getMessage()), refused);
            }
        });
    }

    /**
     * The one model is loaded, and gets its adapters. Blocks.
     *
     * @throws UsageException naming one of the start that it cannot have; one that a request has brought meanwhile is refused by its name
     */
    void attach(String model, Engine loaded) {
        of(model).attach(loaded).forEach((adapter, fault) -> {
            if (ofStart.contains(adapter)) {
                throw unusable(adapter.name(), fault, null);
            }
        });
    }

    /** An adapter of the start cannot be had. */
    static UsageException unusable(String name, String why, @Nullable Throwable cause) {
        return new UsageException(Setting.LORA.flag() + ": the adapter " + name + " cannot be loaded: " + why, cause);
    }

    /** Of a served model. */
    ModelAdapters of(String model) {
        return Objects.requireNonNull(models.get(model), model);
    }

    /** Who uses them now, in the order of models and names. */
    List<AdapterMetrics.Use> uses() {
        List<AdapterMetrics.Use> uses = new ArrayList<>();
        for (ModelAdapters model : models.values()) {
            model.all().values().forEach(adapter -> uses.add(adapter.use(shown(model.base(), adapter.name()))));
        }
        return uses;
    }

    /** The name that lists have of an adapter: of several models the model is told with it. */
    String shown(String model, String name) {
        return models.size() == 1 ? name : LoraName.full(model, name);
    }

    /**
     * The adapter of that name, if there is one.
     *
     * @param asked NAME, or MODEL:NAME
     * @throws ApiException when several models have one of that name
     */
    Optional<Found> find(String asked) {
        LoraName name = LoraName.of(asked);
        List<Found> found = new ArrayList<>();
        for (ModelAdapters model : models.values()) {
            NamedAdapter adapter = name.isOf(model.base()) ? model.find(name.name()) : null;
            if (adapter != null) {
                found.add(new Found(model.base(), adapter));
            }
        }
        if (found.size() > 1) {
            List<String> each = found.stream()
                    .map(one -> LoraName.full(one.model(), one.adapter().name()))
                    .toList();
            throw ApiException.field(
                    "model",
                    "Several models have an adapter '" + asked + "': ask for one of " + String.join(", ", each));
        }
        return found.stream().findFirst();
    }

    /** Whether requests may load any. */
    boolean changes() {
        return directory.isPresent();
    }

    @Override
    public Mono<Void> load(String name, String path) {
        return Mono.<Void>fromRunnable(() -> {
                    try {
                        add(name, inside(path));
                    } catch (ModelFileException | UsageException refused) {
                        throw ApiException.field("lora_path", String.valueOf(refused.getMessage()));
                    } catch (ModelException refused) {
                        throw ApiException.field(NAME_FIELD, String.valueOf(refused.getMessage()));
                    }
                })
                .subscribeOn(Objects.requireNonNull(loader))
                .onErrorMap(
                        RejectedExecutionException.class,
                        full -> ApiException.unavailable("Too many adapters wait to be loaded. Try again.", 1));
    }

    private void add(String asked, Path path) {
        LoraName name = LoraName.of(asked);
        if (!LoraName.isName(name.name()) || models.containsKey(name.name())) {
            throw ApiException.field(
                    NAME_FIELD,
                    NAME_FIELD
                            + " must be NAME or MODEL:NAME, a name of 1 to 128 letters, digits, '.', '_', '-' or '/',"
                            + " and no model's own name");
        }
        String model = name.model().orElseGet(() -> AdapterFit.of(path, candidates));
        ModelAdapters changed = models.get(model);
        if (changed == null) {
            throw ApiException.field(
                    NAME_FIELD,
                    "There is no model '" + model + "'; there are " + String.join(", ", models.keySet()) + ".");
        }
        if (models.containsKey(LoraName.full(model, name.name()))) {
            throw ApiException.field(
                    NAME_FIELD,
                    "'" + LoraName.full(model, name.name()) + "' is a model; give the adapter another name.");
        }
        changed.add(name.name(), path);
    }

    /** A directory of the operator's folder, links resolved, with files that lie there, too. */
    private Path inside(String path) {
        Path folder = directory.orElseThrow();
        try {
            Path root = folder.toRealPath();
            Path found = root.resolve(path).toRealPath();
            List<Path> needed = new ArrayList<>(List.of(found));
            for (String file : FILES) {
                needed.add(found.resolve(file).toRealPath());
            }
            if (needed.stream().allMatch(each -> each.startsWith(root)) && !found.equals(root)) {
                return found;
            }
        } catch (IOException | IllegalArgumentException absent) {
            LOG.debug("no adapter at {}", path, absent);
        }
        // What lies elsewhere is told apart from what is not there by nobody.
        throw ApiException.field(
                "lora_path",
                "lora_path names no directory with an adapter in the folder of " + Setting.LORA_DIR.flag());
    }

    @Override
    public void unload(String asked) {
        Found found = find(asked).orElseThrow(() -> ApiException.unknownModel(asked));
        ModelAdapters changed = models.get(found.model());
        if (changed == null || !changed.remove(found.adapter().name())) {
            throw ApiException.unknownModel(asked); // Another one was quicker.
        }
    }

    /** Nothing is loaded any more. */
    @Override
    public void close() {
        if (loader != null) {
            loader.dispose();
        }
    }
}
