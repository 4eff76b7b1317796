package dev.tramontane.app;

import dev.tramontane.api.Health;
import dev.tramontane.api.TraceSink;
import dev.tramontane.load.LoadedModel;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** One load through the engine alone and through a listener on loopback, in turn, so that both have the same machine. */
final class ServiceBench {
    private ServiceBench() {}

    /**
     * Measures both. The model is closed afterwards.
     *
     * @param stopped ends it between two runs
     * @return a row each, or none when it was stopped before both had run
     */
    static List<ServiceMeasurement> measure(
            MeasuredModel model, LoadedModel loaded, StreamLoad load, int repeat, BooleanSupplier stopped)
            throws InterruptedException {
        List<StreamLoad.Run> engine = new ArrayList<>();
        List<StreamLoad.Run> http = new ArrayList<>();
        Configuration configuration = model.configuration();
        try (RunningModel running = model.start(loaded)) {
            LoneModel stock = new LoneModel(
                    "bench",
                    0,
                    ServedFiles.facts(
                            configuration,
                            loaded.source(),
                            loaded.source().plan(configuration.model().window())),
                    System::nanoTime);
            stock.ready(running.generator(), () -> true);
            Serving serving = new Serving(stock, () -> Health.Answer.WELL);
            serving.loaded();
            try (Listener listener = Listener.open(
                    configuration, stock, serving, new PrometheusRegistry(), "bench", Door.OPEN, TraceSink.NONE)) {
                for (int i = 0; i <= repeat && !stopped.getAsBoolean(); i++) {
                    StreamLoad.Run alone = load.overEngine(running.generator());
                    StreamLoad.Run served = load.overHttp(listener.doors().address());
                    if (i > 0) { // The first is for warmth.
                        engine.add(alone);
                        http.add(served);
                    }
                }
                listener.doors().finish(Duration.ZERO);
            }
        }
        return http.isEmpty()
                ? List.of()
                : List.of(ServiceMeasurement.of("engine", engine), ServiceMeasurement.of("HTTP", http));
    }
}
