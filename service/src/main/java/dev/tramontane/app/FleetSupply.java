package dev.tramontane.app;

import dev.tramontane.generation.GenerationException;
import dev.tramontane.hub.Hub;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.metrics.RegistryMetrics;
import dev.tramontane.registry.RegistryObserver;
import java.security.MessageDigest;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Several models, which come and go. */
final class FleetSupply implements Supply {
    private final List<Offered> offered;
    private final ServeMetrics metrics;
    private final ServedAdapters adapters;
    private final Fleet fleet;
    private final @Nullable Pulls pulls;

    /**
     * @param asked what the server was started with, no model chosen
     * @throws UsageException when one of them can never be loaded, or an adapter of the start cannot be used
     */
    FleetSupply(
            Configuration asked,
            List<Offered> offered,
            KernelLibrary library,
            Environment environment,
            ServeMetrics metrics,
            Watchdog watchdog,
            DrainGate gate) {
        this.offered = offered;
        this.metrics = metrics;
        RegistryMetrics figures = new RegistryMetrics(
                metrics.registry, offered.stream().map(Offered::name).toList());
        adapters = ServedAdapters.of(offered);
        metrics.adapters.watch(adapters::uses);
        fleet = new Fleet(
                offered,
                adapters,
                (model, progress) -> RunningModel.open(
                        model,
                        library,
                        environment,
                        metrics::engine,
                        metrics.snapshots,
                        metrics.structures,
                        progress::at),
                watchdog,
                gate,
                new Observed(figures, metrics));
        OptionalLong most = asked.hub().requests();
        pulls = most.isEmpty()
                ? null
                : pulls(
                        Hubs.of(asked, environment),
                        most.getAsLong(),
                        new StoredOffers(asked, offered, library, fleet, adapters, metrics, figures));
    }

    private Pulls pulls(Hub hub, long most, StoredOffers offers) {
        offers.offerAll(hub.list());
        Pulls requests = new Pulls(hub, most, offers);
        fleet.changedBy(requests);
        return requests;
    }

    /** Figures of an engine are of no engine any more. */
    private record Observed(RegistryMetrics figures, ServeMetrics metrics) implements RegistryObserver {
        @Override
        public void loaded(String model, long nanos) {
            figures.loaded(model, nanos);
        }

        @Override
        public void failed(String model) {
            figures.failed(model);
        }

        @Override
        public void unloaded(String model, Reason reason) {
            metrics.unloaded(model);
            figures.unloaded(model, reason);
        }

        @Override
        public void waiting(int requests) {
            figures.waiting(requests);
        }

        @Override
        public void refused(String model, Refusal why) {
            figures.refused(model, why);
        }
    }

    @Override
    public Stock stock() {
        return fleet;
    }

    @Override
    public String names() {
        return String.join(",", fleet.names());
    }

    @Override
    public void load(Listener listener) {
        Configuration configuration = offered.getFirst().configuration();
        long begun = System.nanoTime();
        if (configuration.engine().snapshots().answers().isPresent()) {
            listener.shareAnswers(configuration, answersMark(), metrics.answers);
        }
        try {
            fleet.load();
        } catch (GenerationException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            throw cause instanceof RuntimeException said ? said : failed;
        }
        metrics.life.loaded(System.nanoTime() - begun, 0);
    }

    /** Of all of them: which of them an answer is of is found out by whoever goes on with it, from its name. */
    private byte[] answersMark() {
        MessageDigest all = SnapshotFiles.sha256();
        offered.forEach(model -> all.update(SnapshotFiles.answersMark(model)));
        return all.digest();
    }

    @Override
    public String description() {
        return fleet.names().size() + " models, loaded as they are asked for: " + String.join(", ", fleet.names());
    }

    @Override
    public void end() {
        if (pulls != null) {
            pulls.end();
        }
        fleet.end();
    }

    @Override
    public void close() {
        if (pulls != null) {
            pulls.close();
        }
        adapters.close();
        fleet.close();
    }
}
