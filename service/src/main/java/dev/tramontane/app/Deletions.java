package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.hub.Hub;
import dev.tramontane.hub.HubException;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.StoredModel;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Models that requests take away: off the list at once, out of the store when nothing runs on them any more. Any thread; files on one of its own. */
final class Deletions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);
    private static final int MOST = 64;

    private final Hub hub;
    private final StoredOffers offers;
    private final Predicate<Reference> pulled;
    private final Set<Reference> underWay = new HashSet<>();
    private boolean closed;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("model-deletes").factory());

    /** @param pulled whether a model is being fetched */
    Deletions(Hub hub, StoredOffers offers, Predicate<Reference> pulled) {
        this.hub = hub;
        this.offers = offers;
        this.pulled = pulled;
    }

    synchronized boolean isUnderWay(Reference reference) {
        return underWay.contains(reference);
    }

    /** Comes when the model is gone, whoever cancels. */
    Mono<Void> delete(String id) {
        return Mono.defer(() -> {
            if (offers.isNamed(id)) {
                throw named(id);
            }
            CompletableFuture<Void> over = new CompletableFuture<>();
            begin(PullNames.parsed(id), over);
            return Mono.fromFuture(over, true);
        });
    }

    private synchronized void begin(Reference reference, CompletableFuture<Void> over) {
        if (closed) {
            throw ending();
        }
        if (underWay.size() >= MOST) {
            throw ApiException.unavailable("Too many models are being deleted. Try again.", 1);
        }
        if (!underWay.add(reference)) {
            throw Pulls.conflict("'" + reference.text() + "' is being deleted: what runs on it ends first.");
        }
        worker.execute(() -> {
            try {
                withdraw(reference, over);
            } catch (HubException refused) {
                LOG.warn("{} is not deleted: {}", reference.text(), refused.getMessage());
                end(reference, over, PullNames.told(refused));
            } catch (Throwable failure) {
                end(reference, over, failure);
            }
        });
    }

    private void withdraw(Reference reference, CompletableFuture<Void> over) {
        String name = reference.text();
        if (offers.isNamed(name)) { // It may have been asked for by another of its names.
            throw named(name);
        }
        if (pulled.test(reference)) { // What begins to be fetched from now on finds this under way.
            throw Pulls.conflict("'" + name + "' is being fetched. Delete it when that is over.");
        }
        Optional<StoredModel> model = hub.find(reference);
        if (model.isPresent()) {
            requireOwn(model.get());
        } else if (!offers.has(name)) {
            throw ApiException.invalid(404, "model '" + name + "' not found", "model_not_found");
        }
        // An address is kept without what stands behind its question mark.
        String listed = model.map(found -> found.reference().text()).orElse(name);
        Mono<Void> off = offers.has(listed) ? offers.withdraw(listed) : Mono.empty();
        off.subscribe(none -> {}, failure -> end(reference, over, failure), () -> later(reference, over));
    }

    private void requireOwn(StoredModel model) {
        String name = model.reference().text();
        if (offers.isOfStart(model)) {
            throw named(name);
        }
        if (model.place() != StoredModel.Place.OWN) {
            throw ApiException.invalid(
                    403,
                    "'" + name + "' lies in " + model.place().label() + " cache, which is only read: delete it there.",
                    "model_not_deletable");
        }
    }

    private static ApiException named(String name) {
        return ApiException.invalid(
                403,
                "'" + name + "' is served because the server was started with it: no request deletes it.",
                "model_not_deletable");
    }

    private static ApiException ending() {
        return ApiException.unavailable("The server is shutting down and deletes nothing any more.", 1);
    }

    /** Nothing runs on it any more. */
    private void later(Reference reference, CompletableFuture<Void> over) {
        synchronized (this) {
            if (!closed) {
                worker.execute(() -> remove(reference, over));
                return;
            }
        }
        end(reference, over, ending());
    }

    private void remove(Reference reference, CompletableFuture<Void> over) {
        try {
            hub.remove(reference);
            LOG.info("{} is deleted", reference.text());
            end(reference, over, null);
        } catch (Throwable failure) {
            LOG.error("{} is not served any more and could not be deleted", reference.text(), failure);
            end(reference, over, failure instanceof HubException refused ? PullNames.told(refused) : failure);
        }
    }

    private void end(Reference reference, CompletableFuture<Void> over, @Nullable Throwable why) {
        synchronized (this) {
            underWay.remove(reference);
        }
        if (why == null) {
            over.complete(null);
        } else {
            over.completeExceptionally(why);
        }
    }

    /** Begins nothing any more; what waits for running answers is not deleted. */
    @Override
    public synchronized void close() {
        closed = true;
        worker.shutdown();
    }
}
