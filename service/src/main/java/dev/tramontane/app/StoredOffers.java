package dev.tramontane.app;

import dev.tramontane.hub.HubException;
import dev.tramontane.hub.StoredModel;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.metrics.RegistryMetrics;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelException;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Models of the store and of other programs' caches as a fleet's: by their whole names, with the settings that hold for all. */
final class StoredOffers {
    private static final Logger LOG = LoggerFactory.getLogger(StoredOffers.class);

    private final Configuration asked;
    private final KernelLibrary library;
    private final Fleet fleet;
    private final ServedAdapters adapters;
    private final ServeMetrics metrics;
    private final RegistryMetrics figures;
    private final Set<Path> named;

    /** Of models that guess for those: they need them whenever they are loaded. */
    private final Set<Path> drafts;

    /**
     * @param asked what the server was started with, no model chosen
     * @param models that were named at the start
     */
    StoredOffers(
            Configuration asked,
            List<Offered> models,
            KernelLibrary library,
            Fleet fleet,
            ServedAdapters adapters,
            ServeMetrics metrics,
            RegistryMetrics figures) {
        this.asked = asked;
        this.library = library;
        this.fleet = fleet;
        this.adapters = adapters;
        this.metrics = metrics;
        this.figures = figures;
        named = models.stream()
                .map(model -> Models.file(model.configuration()))
                .collect(Collectors.toUnmodifiableSet());
        drafts = models.stream()
                .flatMap(model -> model.configuration().engine().draft().path().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** A model that is there and cannot be served, for people: why. */
    static final class UnfitException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Offers those of them that can be served; of the others the log says why not.
     *
     * @param models the store's first: one that lies in another program's cache, too, is that
     */
    void offerAll(List<StoredModel> models) {
        for (StoredModel model : models) {
            if (isNamed(model) || has(model.reference().text())) {
                continue;
            }
            try {
                offer(model);
            } catch (UnfitException unfit) {
                LOG.warn("{} is here and not served: {}", model.reference().text(), unfit.getMessage());
            } catch (RuntimeException fault) { // Ours; the others are served all the same.
                LOG.error("{} is here and not served", model.reference().text(), fault);
            }
        }
    }

    /** Whether it is one of the start, by its name or by its files. */
    boolean isNamed(StoredModel model) {
        return isNamed(model.reference().text()) || named.contains(model.path());
    }

    /** Whether what the server was started with needs its files as they are. */
    boolean isOfStart(StoredModel model) {
        return isNamed(model) || drafts.contains(model.path());
    }

    boolean isNamed(String name) {
        return fleet.named().contains(name);
    }

    boolean has(String name) {
        return fleet.has(name);
    }

    int count() {
        return fleet.names().size();
    }

    /** Looks at its files and lists it. Blocks for seconds where its vocabulary is large. */
    void offer(StoredModel model) throws UnfitException {
        String name = model.reference().text();
        if (adapters.find(name).isPresent()) {
            throw new UnfitException("an adapter is called " + name, new IllegalStateException(name));
        }
        LoraChoice lora = asked.engine().lora();
        AdapterRoom room = lora.directory().isPresent() ? lora.room() : AdapterRoom.NONE;
        Configuration own = asked.asking(name, Optional.of(name))
                .withModel(model.path())
                .adapted(new LoraChoice(Map.of(), lora.directory(), room));
        metrics.list(name);
        figures.list(name);
        try {
            fleet.offer(Offered.of(own, library, fleet.devices()));
        } catch (ModelFileException | ModelException | UsageException | HubException unfit) {
            forget(name);
            String why = String.valueOf(unfit.getMessage()).replace(model.path().toString(), name);
            throw new UnfitException(why, unfit);
        } catch (IOException unreadable) {
            forget(name);
            throw new UnfitException("its files cannot be read", unreadable);
        } catch (RuntimeException | Error fault) {
            forget(name);
            throw fault;
        }
    }

    private void forget(String name) {
        metrics.forget(name);
        figures.forget(name);
    }

    /** Takes a model off the list; it comes when nothing of it is loaded any more. */
    Mono<Void> withdraw(String name) {
        return fleet.withdraw(name).doOnSuccess(gone -> forget(name));
    }
}
