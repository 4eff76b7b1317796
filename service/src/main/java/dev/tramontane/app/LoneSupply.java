package dev.tramontane.app;

import dev.tramontane.app.Configuration.LoraChoice;
import org.jspecify.annotations.Nullable;

/** One model, which is loaded at start and stays. */
final class LoneSupply implements Supply {
    private final Offered offered;
    private final Environment environment;
    private final ServeMetrics metrics;
    private final Watchdog watchdog;
    private final DrainGate gate;
    private final LoneModel stock;
    private @Nullable RunningModel model;
    private @Nullable Adapters adapters;

    LoneSupply(Offered offered, Environment environment, ServeMetrics metrics, Watchdog watchdog, DrainGate gate) {
        this.offered = offered;
        this.environment = environment;
        this.metrics = metrics;
        this.watchdog = watchdog;
        this.gate = gate;
        stock = new LoneModel(
                offered.name(),
                offered.createdSeconds(),
                offered.facts(),
                offered.configuration().engine().lora().atStart().keySet(),
                System::nanoTime);
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
        LoraChoice lora = offered.configuration().engine().lora();
        if (lora.room().most() > 0) {
            adapters = new Adapters(
                    offered.name(), running.engine(), running.loaded().geometry(), lora.directory());
            metrics.adapters.watch(adapters::uses);
            adapters.load(lora);
        }
        stock.ready(
                gate.through(running.generator()),
                () -> running.engine().status().healthy(),
                () -> running.engine().outage(),
                adapters);
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
        if (adapters != null) {
            adapters.close();
        }
        if (model != null) {
            model.close();
        }
    }
}
