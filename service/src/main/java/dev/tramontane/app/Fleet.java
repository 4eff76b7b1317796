package dev.tramontane.app;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.engine.Capacity;
import dev.tramontane.generation.AdaptedGenerator;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.Footprint;
import dev.tramontane.registry.ListedModel;
import dev.tramontane.registry.ModelRegistry;
import dev.tramontane.registry.RegistryLimits;
import dev.tramontane.registry.RegistryObserver;
import dev.tramontane.registry.Residency;
import dev.tramontane.registry.Resident;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Several models that come and go, of which the first is that of requests that name none. */
final class Fleet implements Stock, ServedModels.Keeping, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

    /** As Ollama keeps models. */
    private static final Duration KEPT = Duration.ofMinutes(5);

    /** What loads a model, on the registry's thread. */
    @FunctionalInterface
    interface Opener {
        RunningModel open(Offered offered, ListedModel.Progress progress);
    }

    private final Map<String, Offered> offered = new LinkedHashMap<>();
    private final Map<String, TextGenerator> generators = new LinkedHashMap<>();
    private final ServedAdapters adapters;
    private final Configuration configuration;
    private final ModelRegistry registry;
    private final DrainGate gate;
    private final String first;

    /**
     * Nothing is loaded yet. Builds each model's tokenizer once, for what requests may ask of it.
     *
     * @param adapters of all of them
     * @param gate counts what runs
     * @throws UsageException when a model does not fit into the memory that models may have, or what is to be loaded is not listed
     */
    Fleet(
            List<Offered> models,
            ServedAdapters adapters,
            Opener opener,
            Watchdog watchdog,
            DrainGate gate,
            RegistryObserver observer) {
        this.adapters = adapters;
        configuration = models.getFirst().configuration();
        first = models.getFirst().name();
        this.gate = gate;
        ModelMemory budget = ModelMemory.ofProcess(
                configuration.registry().memory(),
                models.stream().map(Offered::configuration).toList());
        List<ListedModel> listed = new ArrayList<>();
        for (Offered model : models) {
            Footprint footprint = ModelMemory.of(model.memory());
            requireRoom(model, footprint, budget);
            Capacity idle =
                    Capacity.idle(model.geometry(), model.memory().sizing().engine());
            offered.put(model.name(), model);
            listed.add(new ListedModel(
                    model.name(),
                    footprint,
                    model.profile(),
                    () -> idle,
                    loader(model, adapters.of(model.name()), opener, watchdog)));
            LOG.info(
                    "model {} would take {}: {}",
                    model.name(),
                    Units.show(footprint.everything()),
                    model.memory().sum().text());
        }
        registry = new ModelRegistry(
                listed,
                budget,
                new RegistryLimits(
                        configuration.engine().queueRequests(),
                        configuration.registry().patience(),
                        configuration.registry().keepAlive().orElse(KEPT)),
                observer,
                System::nanoTime);
        offered.keySet().forEach(name -> generators.put(name, gate.through(found(name))));
        requireTogether(atStart(), budget); // Said before anybody can connect.
    }

    private static void requireRoom(Offered model, Footprint footprint, ModelMemory budget) {
        if (budget.missing(List.of(footprint)) > 0) {
            throw new UsageException("the model " + model.name() + " can never be loaded: it takes "
                    + budget.lacking(List.of(footprint)) + ": "
                    + model.memory().sum().text());
        }
    }

    private void requireTogether(List<String> names, ModelMemory budget) {
        List<Footprint> together = names.stream()
                .map(name ->
                        ModelMemory.of(Objects.requireNonNull(offered.get(name)).memory()))
                .toList();
        if (budget.missing(together) > 0) {
            throw new UsageException(Setting.LOAD.flag() + ": " + String.join(", ", names)
                    + " do not fit into the memory for models together: they take " + budget.lacking(together));
        }
    }

    private TextGenerator found(String name) {
        return Objects.requireNonNull(registry.find(name));
    }

    private static ListedModel.Loader loader(Offered model, ModelAdapters adapters, Opener opener, Watchdog watchdog) {
        return new ListedModel.Loader() {
            @Override
            public void check() {
                model.requireUnchanged();
            }

            @Override
            public Resident load(ListedModel.Progress progress) {
                RunningModel running = opener.open(model, progress);
                try {
                    adapters.attach(running.engine());
                } catch (RuntimeException | Error failure) {
                    adapters.detach();
                    running.close();
                    throw failure;
                }
                return resident(model, running, adapters, watchdog);
            }
        };
    }

    private static Resident resident(Offered offered, RunningModel model, ModelAdapters adapters, Watchdog watchdog) {
        Pulse pulse = Pulse.of(model.engine(), "the engine's thread of " + offered.name());
        watchdog.watch(pulse);
        LOG.info("{} is there: {}", offered.name(), model.description());
        return new Resident() {
            @Override
            public TextGenerator generator() {
                return model.generator();
            }

            @Override
            public boolean isHealthy() {
                return !model.engine().failed();
            }

            @Override
            public void end() {
                adapters.detach();
                model.engine().close();
            }

            @Override
            public void free() {
                watchdog.forget(pulse);
                model.close();
            }
        };
    }

    /** Those that are to be there before the server is ready. */
    private List<String> atStart() {
        List<String> asked = configuration.registry().load().orElse(List.of(first));
        if (asked.equals(List.of(RegistryChoice.ALL)) && !offered.containsKey(asked.getFirst())) {
            return List.copyOf(offered.keySet());
        }
        if (asked.equals(List.of(RegistryChoice.NONE)) && !offered.containsKey(asked.getFirst())) {
            return List.of();
        }
        for (String name : asked) {
            if (!offered.containsKey(name)) {
                throw new UsageException(Setting.LOAD.flag() + ": no model is called " + name + "; there are "
                        + String.join(", ", offered.keySet()));
            }
        }
        return asked.stream().distinct().toList();
    }

    /**
     * Loads what is to be there from the start. Blocks as long as that takes.
     *
     * @throws GenerationException when one of them cannot be loaded, by what
     */
    void load() {
        registry.start();
        for (String name : atStart()) {
            registry.preload(name).block();
        }
    }

    /** The names, the first that of requests that name none. */
    List<String> names() {
        return List.copyOf(offered.keySet());
    }

    /** Ends what runs on all of them; nothing begins any more. */
    void end() {
        registry.end();
    }

    @Override
    public ModelFacts facts(String id) {
        return Objects.requireNonNull(offered.get(base(id)), id).facts();
    }

    /** Of an adapter the model that it changes. */
    private String base(String id) {
        return offered.containsKey(id)
                ? id
                : adapters.find(id).map(ServedAdapters.Found::model).orElse(id);
    }

    @Override
    public @Nullable String failed() {
        String failed = registry.failed();
        return failed == null ? null : "the model " + failed + " has failed";
    }

    /** No part of a model that comes and goes is elsewhere. */
    @Override
    public @Nullable String lost() {
        return null;
    }

    @Override
    public List<Entry> list() {
        List<Entry> entries = new ArrayList<>();
        offered.forEach((name, model) -> {
            Residency residency = registry.residency(name);
            ModelProfile profile = found(name).profile();
            Stay stay = new Stay(
                    residency.state().name().toLowerCase(Locale.ROOT), residency.percent(), residency.leftNanos());
            entries.add(new Entry(name, model.createdSeconds(), profile, stay));
            adapters.of(name)
                    .all()
                    .forEach((id, adapter) -> entries.add(
                            new Entry(adapters.shown(name, id), adapter.createdSeconds(), profile, stay, name)));
        });
        return entries;
    }

    @Override
    public @Nullable TextGenerator find(@Nullable String name) {
        String asked = name == null ? first : name;
        TextGenerator generator = generators.get(asked);
        return generator != null
                ? generator
                : adapters.find(asked)
                        .map(found -> new AdaptedGenerator(
                                Objects.requireNonNull(generators.get(found.model())), asked, found.adapter()))
                        .orElse(null);
    }

    @Override
    public @Nullable Adapting adapting() {
        return adapters.changes() ? adapters : null;
    }

    @Override
    public Keeping keeping() {
        return this;
    }

    @Override
    public Mono<Void> load(String id, @Nullable KeepAlive keep) {
        return gate.through(registry.load(base(id), keep));
    }

    @Override
    public void unload(String id) {
        registry.unload(base(id));
    }

    @Override
    public void close() {
        registry.close();
    }
}
