package dev.tramontane.app;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.metrics.AdapterMetrics;
import dev.tramontane.metrics.AnswerMetrics;
import dev.tramontane.metrics.EngineMetrics;
import dev.tramontane.metrics.EveryObserver;
import dev.tramontane.metrics.LifeMetrics;
import dev.tramontane.metrics.ModelCollectors;
import dev.tramontane.metrics.SnapshotMetrics;
import dev.tramontane.metrics.StageMetrics;
import dev.tramontane.metrics.StructureMetrics;
import dev.tramontane.metrics.VllmMetrics;
import dev.tramontane.stages.StageAddress;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The figures of {@code serve}, all there before a model is, so that scrapes find them while it loads. */
final class ServeMetrics {
    final PrometheusRegistry registry = new PrometheusRegistry();
    final LifeMetrics life;
    final AnswerMetrics answers;
    final SnapshotMetrics snapshots;
    final StructureMetrics structures;
    final AdapterMetrics adapters;
    final StageMetrics stages;
    private final ModelCollectors collectors;
    private final ModelCollectors vllm;
    private final Map<String, EngineMetrics> engines = new ConcurrentHashMap<>();
    private final Configuration configuration;
    private final int contextTokens;

    /**
     * @param several whether models come and go, so that each figure says of which it is
     * @param state what the server is doing, one of {@link Serving#states}
     */
    ServeMetrics(List<Offered> models, boolean several, Supplier<String> state) {
        configuration = models.getFirst().configuration();
        contextTokens = models.stream()
                .mapToInt(model -> model.memory().sizing().engine().contextTokens())
                .max()
                .orElseThrow();
        JvmMetrics.builder().register(registry);
        collectors = several ? ModelCollectors.ofSeveral(registry) : ModelCollectors.ofOne(registry);
        vllm = ModelCollectors.ofOne(registry); // These have a label for the model of their own.
        models.forEach(model -> list(model.name()));
        life = new LifeMetrics(registry, Serving.states(), state);
        answers = new AnswerMetrics(registry);
        snapshots = new SnapshotMetrics(registry);
        structures = new StructureMetrics(registry);
        adapters = new AdapterMetrics(
                registry,
                models.stream()
                        .mapToInt(model ->
                                model.configuration().engine().lora().room().most())
                        .sum(),
                configuration.http().vllmMetrics());
        stages = new StageMetrics(
                registry,
                configuration.stages().addresses().stream()
                        .map(StageAddress::toString)
                        .toList());
    }

    /** One more is listed. */
    void list(String model) {
        engines.put(model, new EngineMetrics(collectors, model));
    }

    /** Nothing is shown of a model any more. */
    void forget(String model) {
        engines.remove(model);
        collectors.forget(model);
        vllm.forget(model);
    }

    /** Of a model that is loaded now. Its engine counts from nothing. */
    EngineObserver engine(String name, EngineConfig engine) {
        EngineMetrics own = new EngineMetrics(collectors, name);
        own.pageTokens(engine.pageTokens());
        return configuration.http().vllmMetrics()
                ? new EveryObserver(List.of(own, new VllmMetrics(vllm, name, contextTokens, engine.pageTokens())))
                : own;
    }

    /** It holds nothing any more. */
    void unloaded(String name) {
        EngineMetrics gone = engines.get(name);
        if (gone != null) {
            gone.unloaded();
        }
    }
}
