package dev.tramontane.app;

import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.ListedModel;
import dev.tramontane.registry.Resident;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings an offered model to life with its adapters, under the watchdog's eyes. On the registry's thread. */
final class OfferedLoader implements ListedModel.Loader {
    private static final Logger LOG = LoggerFactory.getLogger(OfferedLoader.class);

    private final Offered model;
    private final ModelAdapters adapters;
    private final Fleet.Opener opener;
    private final Watchdog watchdog;

    OfferedLoader(Offered model, ModelAdapters adapters, Fleet.Opener opener, Watchdog watchdog) {
        this.model = model;
        this.adapters = adapters;
        this.opener = opener;
        this.watchdog = watchdog;
    }

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
        return resident(running);
    }

    private Resident resident(RunningModel running) {
        Pulse pulse = Pulse.of(running.engine(), "the engine's thread of " + model.name());
        watchdog.watch(pulse);
        LOG.info("{} is there: {}", model.name(), running.description());
        return new Resident() {
            @Override
            public TextGenerator generator() {
                return running.generator();
            }

            @Override
            public boolean isHealthy() {
                return !running.engine().failed();
            }

            @Override
            public void end() {
                adapters.detach();
                running.engine().close();
            }

            @Override
            public void free() {
                watchdog.forget(pulse);
                running.close();
            }
        };
    }
}
