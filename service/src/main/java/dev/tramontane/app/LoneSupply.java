package dev.tramontane.app;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One model, which is loaded at start and stays. */
final class LoneSupply implements Supply {
    private final Offered offered;
    private final Environment environment;
    private final ServeMetrics metrics;
    private final Watchdog watchdog;
    private final DrainGate gate;
    private final LoneModel stock;
    private final ServedAdapters adapters;
    private @Nullable RunningModel model;

    /** @throws UsageException when an adapter of the start cannot be used */
    LoneSupply(Offered offered, Environment environment, ServeMetrics metrics, Watchdog watchdog, DrainGate gate) {
        this.offered = offered;
        this.environment = environment;
        this.metrics = metrics;
        this.watchdog = watchdog;
        this.gate = gate;
        adapters = ServedAdapters.of(List.of(offered));
        metrics.adapters.watch(adapters::uses);
        stock = new LoneModel(offered.name(), offered.createdSeconds(), offered.facts(), adapters, System::nanoTime);
    }

    @Override
    public Stock stock() {
        return stock;
    }

    @Override
    public String names() {
        return offered.name();
    }

    @Override
    public void load(Listener listener) {
        long begun = System.nanoTime();
        RunningModel running = RunningModel.open(
                offered.configuration(),
                environment,
                metrics::engine,
                metrics.snapshots,
                metrics.structures,
                metrics.stages,
                stock::loading);
        model = running;
        SnapshotFiles snapshots = running.snapshots();
        if (snapshots != null) {
            listener.shareAnswers(offered.configuration(), snapshots.answersMark(), metrics.answers);
        }
        watchdog.watch(Pulse.of(running.engine()));
        metrics.life.loaded(System.nanoTime() - begun - running.warmUpNanos(), running.warmUpNanos());
        adapters.attach(offered.name(), running.engine());
        stock.ready(
                gate.through(running.generator()),
                () -> running.engine().failed(),
                () -> running.engine().outage());
    }

    @Override
    public String description() {
        return model == null ? "" : model.description();
    }

    @Override
    public void end() {
        if (model != null) {
            model.engine().close();
        }
    }

    @Override
    public void close() {
        adapters.close();
        if (model != null) {
            model.close();
        }
    }
}
