package dev.tramontane.app;

import dev.tramontane.api.Health;
import dev.tramontane.api.TraceSink;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.AdapterRoom;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** One load through the engine alone, through a listener on loopback and, where one is named, on another server, in turn, so that all have the same machine. */
final class ServiceBench {
    private ServiceBench() {}

    /**
     * Measures them. The model is closed afterwards.
     *
     * @param other the server beside this one, which is asked the same texts; null for none
     * @param stopped ends it between two runs
     * @return a row each, or none when it was stopped before all had run
     */
    static List<ServiceMeasurement> measure(
            MeasuredModel model,
            LoadedModel loaded,
            StreamLoad load,
            @Nullable LoadTarget other,
            int repeat,
            BooleanSupplier stopped)
            throws InterruptedException {
        List<StreamLoad.Run> engine = new ArrayList<>();
        List<StreamLoad.Run> http = new ArrayList<>();
        List<StreamLoad.Run> against = new ArrayList<>();
        Configuration configuration = model.configuration();
        try (RunningModel running = model.start(loaded)) {
            LoneModel stock = new LoneModel(
                    "bench",
                    0,
                    ServedFiles.facts(
                            configuration,
                            loaded.source(),
                            loaded.source().plan(configuration.model().window())),
                    ServedAdapters.of(new ModelAdapters("bench", loaded.geometry(), AdapterRoom.NONE)),
                    System::nanoTime);
            stock.ready(running.generator(), () -> false, () -> null);
            Serving serving = new Serving(stock, () -> Health.Answer.WELL);
            serving.loaded();
            try (Listener listener = Listener.open(
                    configuration, stock, serving, new PrometheusRegistry(), "bench", Door.OPEN, TraceSink.NONE)) {
                IntFunction<String> texts = ComparedServer.texts(running.generator(), load.prompt());
                LoadTarget second = other == null ? null : other.asking(texts);
                String address = listener.doors().address();
                LoadTarget first =
                        second == null ? LoadTarget.own(address) : new LoadTarget(address, null, null, true, texts);
                for (int i = 0; i <= repeat && !stopped.getAsBoolean(); i++) {
                    StreamLoad.Run alone = load.overEngine(running.generator());
                    StreamLoad.Run served = load.overHttp(first, i);
                    StreamLoad.Run elsewhere = second == null ? null : other(load, second, i);
                    if (i > 0) { // The first is for warmth.
                        engine.add(alone);
                        http.add(served);
                        if (elsewhere != null) {
                            against.add(elsewhere);
                        }
                    }
                }
                listener.doors().finish(Duration.ZERO);
            }
        }
        List<ServiceMeasurement> rows = new ArrayList<>();
        if (!http.isEmpty()) {
            rows.add(ServiceMeasurement.of("engine", engine));
            rows.add(ServiceMeasurement.of("HTTP", http));
        }
        if (!against.isEmpty()) {
            rows.add(ServiceMeasurement.of("against", against));
        }
        return rows;
    }

    private static StreamLoad.Run other(StreamLoad load, LoadTarget target, int round) throws InterruptedException {
        try {
            return load.overHttp(target, round);
        } catch (UncheckedIOException failed) {
            throw new UsageException("--against " + target.address() + ": " + failed.getMessage(), failed);
        }
    }
}
