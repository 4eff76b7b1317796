package dev.tramontane.app;

import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.engine.Capacity;
import dev.tramontane.generation.AdaptedGenerator;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.kernels.Device;
import dev.tramontane.registry.Footprint;
import dev.tramontane.registry.ListedModel;
import dev.tramontane.registry.ModelRegistry;
import dev.tramontane.registry.RegistryLimits;
import dev.tramontane.registry.RegistryObserver;
import dev.tramontane.registry.Residency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Several models that come and go, also from the list, of which the first is that of requests that name none. */
final class Fleet implements Stock, ServedModels.Keeping, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

    /** As Ollama keeps models. */
    private static final Duration KEPT = Duration.ofMinutes(5);

    /** What loads a model, on the registry's thread. */
    @FunctionalInterface
    interface Opener {
        RunningModel open(Offered offered, ListedModel.Progress progress);
    }

    /**
     * A listed model.
     *
     * @param profile what it can be asked for
     * @param generator counted by the gate
     */
    private record Member(Offered offered, ModelAdapters adapters, ModelProfile profile, TextGenerator generator) {}

    /** In their order; replaced as a whole. */
    private volatile Map<String, Member> members = Map.of();

    private final ServedAdapters adapters;
    private final Opener opener;
    private final Watchdog watchdog;
    private final Configuration configuration;
    private final ModelRegistry registry;
    private final DrainGate gate;

    /** Those of the start, the first being that of requests that name none. */
    private final List<String> named;

    /** With the devices of all models that there were. */
    private volatile ModelMemory memory;

    private volatile @Nullable Pulling pulling;

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
        this.opener = opener;
        this.watchdog = watchdog;
        this.gate = gate;
        configuration = models.getFirst().configuration();
        named = models.stream().map(Offered::name).toList();
        memory = ModelMemory.ofProcess(
                configuration.registry().memory(),
                models.stream().map(Offered::configuration).toList());
        registry = new ModelRegistry(
                List.of(),
                all -> memory.missing(all),
                new RegistryLimits(
                        configuration.engine().queueRequests(),
                        configuration.registry().patience(),
                        configuration.registry().keepAlive().orElse(KEPT)),
                observer,
                System::nanoTime);
        models.forEach(this::list);
        memory.requireTogether(atStart().stream()
                .map(name -> Objects.requireNonNull(members.get(name)).offered())
                .toList()); // Said before anybody can connect.
    }

    private void list(Offered model) {
        Footprint footprint = ModelMemory.of(model.memory());
        memory.require(model, footprint);
        Capacity idle = Capacity.idle(model.geometry(), model.memory().sizing().engine());
        String name = model.name();
        ModelAdapters own = adapters.of(name);
        ModelProfile profile = model.profile();
        registry.add(
                new ListedModel(name, footprint, profile, () -> idle, new OfferedLoader(model, own, opener, watchdog)));
        TextGenerator generator = gate.through(Objects.requireNonNull(registry.find(name)));
        Map<String, Member> more = new LinkedHashMap<>(members);
        more.put(name, new Member(model, own, profile, generator));
        members = Collections.unmodifiableMap(more);
        LOG.info(
                "model {} would take {}: {}",
                name,
                Units.show(footprint.everything()),
                model.memory().sum().text());
    }

    /**
     * Lists one more, which is loaded when it is asked for. Builds its tokenizer once.
     *
     * @throws UsageException when it does not fit into the memory that models may have
     */
    synchronized void offer(Offered model) {
        memory = memory.including(model.configuration());
        adapters.list(model);
        try {
            list(model);
        } catch (RuntimeException | Error unfit) {
            adapters.forget(model.name());
            throw unfit;
        }
    }

    /** Lists one no more, with its adapters; it comes when nothing of it is loaded any more. */
    Mono<Void> withdraw(String name) {
        return Mono.defer(() -> {
            synchronized (this) {
                Map<String, Member> fewer = new LinkedHashMap<>(members);
                fewer.remove(name);
                members = Collections.unmodifiableMap(fewer);
            }
            return registry.remove(name).doOnSuccess(gone -> adapters.forget(name));
        });
    }

    /** Devices that models are computed on, with what was free before any of them was loaded. */
    List<Device> devices() {
        return memory.devices();
    }

    /** Those of the start: no request takes them away. */
    List<String> named() {
        return named;
    }

    boolean has(String name) {
        return members.containsKey(name);
    }

    /** From now on requests may change the list. */
    void changedBy(Pulling requests) {
        pulling = requests;
    }

    /** Those that are to be there before the server is ready. */
    private List<String> atStart() {
        List<String> asked = configuration.registry().load().orElse(List.of(named.getFirst()));
        if (asked.equals(List.of(RegistryChoice.ALL)) && !named.contains(asked.getFirst())) {
            return named;
        }
        if (asked.equals(List.of(RegistryChoice.NONE)) && !named.contains(asked.getFirst())) {
            return List.of();
        }
        for (String name : asked) {
            if (!named.contains(name)) {
                throw new UsageException(Setting.LOAD.flag() + ": no model is called " + name + "; there are "
                        + String.join(", ", named));
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
        return List.copyOf(members.keySet());
    }

    /** Ends what runs on all of them; nothing begins any more. */
    void end() {
        registry.end();
    }

    @Override
    public @Nullable ModelFacts facts(String id) {
        Member member = members.get(base(id));
        return member == null ? null : member.offered().facts();
    }

    /** Of an adapter the model that it changes. */
    private String base(String id) {
        return members.containsKey(id)
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
        members.forEach((name, member) -> {
            Residency residency = registry.residency(name);
            Stay stay = new Stay(
                    residency.state().name().toLowerCase(Locale.ROOT), residency.percent(), residency.leftNanos());
            entries.add(new Entry(name, member.offered().createdSeconds(), member.profile(), stay));
            member.adapters()
                    .all()
                    .forEach((id, adapter) -> entries.add(new Entry(
                            adapters.shown(name, id), adapter.createdSeconds(), member.profile(), stay, name)));
        });
        return entries;
    }

    @Override
    public @Nullable TextGenerator find(@Nullable String name) {
        String asked = name == null ? named.getFirst() : name;
        Member member = members.get(asked);
        return member != null
                ? member.generator()
                : adapters.find(asked).map(found -> adapted(asked, found)).orElse(null);
    }

    private @Nullable TextGenerator adapted(String asked, ServedAdapters.Found found) {
        Member member = members.get(found.model());
        return member == null ? null : new AdaptedGenerator(member.generator(), asked, found.adapter());
    }

    @Override
    public @Nullable Pulling pulling() {
        return pulling;
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
