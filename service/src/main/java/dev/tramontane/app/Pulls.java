package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.app.StoredOffers.UnfitException;
import dev.tramontane.hub.Hub;
import dev.tramontane.hub.HubException;
import dev.tramontane.hub.Reference;
import dev.tramontane.hub.StoredModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What requests fetch into the model store, and delete there. One pull at a time comes, in the order in which they were asked for; of a
 * name there is one, which all hear of who ask for it, and which ends when the last of them has left. What is left of it goes on with the
 * next. Asked on any thread; works on threads of its own.
 */
final class Pulls implements ServedModels.Pulling, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pulls.class);

    /** Pulls that are under way or wait. */
    private static final int MOST_PULLS = 8;

    /** Models that are served: each has its figures, and its place in every list. */
    private static final int MOST_MODELS = 256;

    private static final int ENDING_SECONDS = 30;

    private final Hub hub;
    private final long most;
    private final StoredOffers offers;
    private final Deletions deletions;
    private final Map<Reference, PullJob> jobs = new HashMap<>();
    private boolean closed;
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("model-pulls").factory());

    /** A pull that waits for the thread, which is found again in its line. */
    private record Turn(Pulls pulls, PullJob job) implements Runnable {
        @Override
        public void run() {
            pulls.run(job);
        }
    }

    /** @param most bytes that the store may take */
    Pulls(Hub hub, long most, StoredOffers offers) {
        this.hub = hub;
        this.most = most;
        this.offers = offers;
        deletions = new Deletions(hub, offers, this::isPulled);
    }

    @Override
    public Flux<Progress> pull(String name) {
        Reference reference = PullNames.of(name);
        return Flux.defer(() -> {
            PullJob job = join(reference);
            return job == null ? Flux.<Progress>empty() : job.progress().doFinally(end -> leave(job));
        });
    }

    @Override
    public Mono<Void> delete(String id) {
        return deletions.delete(id);
    }

    private synchronized boolean isPulled(Reference reference) {
        return jobs.containsKey(reference);
    }

    /** Null where the model is served: names have several spellings, of which requests may say any. */
    private synchronized @Nullable PullJob join(Reference reference) {
        PullJob job = jobs.get(reference);
        if (job == null) {
            if (offers.has(reference.text())) {
                return null;
            }
            requirePlace(reference);
            PullJob begun = new PullJob(reference, this::requireRoom);
            jobs.put(reference, begun);
            worker.execute(new Turn(this, begun));
            job = begun;
        }
        job.listeners++;
        return job;
    }

    private void requirePlace(Reference reference) {
        if (closed) {
            throw ApiException.unavailable("The server is shutting down and fetches nothing any more.", 1);
        }
        if (deletions.isUnderWay(reference)) {
            throw conflict("'" + reference.text() + "' is being deleted. Pull it when that is over.");
        }
        if (jobs.size() >= MOST_PULLS) {
            throw ApiException.unavailable(
                    "As many models are being fetched, or wait for that, as may be: " + MOST_PULLS + ".", 30);
        }
        if (offers.count() >= MOST_MODELS) {
            throw conflict("As many models are served as may be, " + MOST_MODELS + ": delete one of them.");
        }
    }

    static ApiException conflict(String message) {
        return new ApiException(409, "invalid_request_error", message, null, "conflict", 0);
    }

    private void leave(PullJob job) {
        synchronized (this) {
            job.listeners--;
            if (job.listeners > 0 || job.offering || !jobs.remove(job.reference, job)) {
                return;
            }
        }
        LOG.info("nobody waits for {} any more: it is not fetched further", job.reference.text());
        if (!worker.remove(new Turn(this, job))) { // Who come and leave behind a long pull would make the line grow.
            job.cancel();
        }
    }

    private void requireRoom(long missing) {
        long taken = hub.taken();
        if (missing > 0 && taken + missing > most) {
            throw new FullException("It needs " + Units.show(missing) + " more; of the "
                    + Units.show(most) + " that the model store may take " + Units.show(taken)
                    + " are taken. Delete models, or ask the operator for more ("
                    + Setting.ALLOW_PULL.flag() + ").");
        }
    }

    /** The store would take more than it may. */
    private static final class FullException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FullException(String message) {
            super(message);
        }
    }

    private void run(PullJob job) {
        String name = job.reference.text();
        try {
            if (!job.begin()) {
                throw new InterruptedException("it was ended before it began");
            }
            LOG.info("fetching {}", name);
            boolean there;
            StoredModel model;
            try {
                there = isThere(job.reference);
                model = fetched(job);
            } finally {
                job.fetched();
            }
            if (isWanted(job)) {
                offer(model, there);
                forget(job);
                LOG.info("{} is here and served", name);
                job.succeed();
            }
        } catch (InterruptedException ended) {
            fail(job, ending(name));
        } catch (Throwable failure) {
            fail(job, told(job, failure));
        } finally {
            sweep();
        }
    }

    /** Of what the server was started with nothing newer comes: it would take the place of files that are served. */
    private boolean isThere(Reference reference) {
        Optional<StoredModel> here = hub.find(reference);
        if (here.isPresent() && offers.isOfStart(here.get())) {
            throw conflict("The server was started with the files of '" + reference.text()
                    + "', which it serves by another name or guesses with: no request fetches others.");
        }
        return here.isPresent();
    }

    /** A model that was deleted meanwhile has left its files behind. */
    private void sweep() {
        try {
            hub.sweep();
        } catch (HubException unusable) {
            LOG.warn("{}", unusable.getMessage());
        }
    }

    /** Whether somebody listens still; then nobody ends it any more. */
    private synchronized boolean isWanted(PullJob job) {
        job.offering = jobs.get(job.reference) == job;
        return job.offering;
    }

    /** What was left unfinished gives way. */
    private StoredModel fetched(PullJob job) throws InterruptedException {
        try {
            return hub.pull(job.reference, job);
        } catch (FullException full) {
            if (hub.prune().bytes() == 0) {
                throw full;
            }
            return hub.pull(job.reference, job);
        }
    }

    /** One that cannot be served does not stay, unless it was there before. */
    private void offer(StoredModel model, boolean there) throws UnfitException {
        if (offers.isNamed(model) || offers.has(model.reference().text())) {
            return;
        }
        try {
            offers.offer(model);
        } catch (UnfitException | RuntimeException | Error unfit) {
            if (!there && model.place() == StoredModel.Place.OWN) {
                remove(model, unfit);
            }
            throw unfit;
        }
    }

    private void remove(StoredModel model, Throwable unfit) {
        try {
            hub.remove(model.reference());
        } catch (HubException stays) {
            unfit.addSuppressed(stays);
        }
    }

    private synchronized void forget(PullJob job) {
        jobs.remove(job.reference, job);
    }

    private void fail(PullJob job, Throwable why) {
        forget(job);
        job.fail(why);
    }

    private static Throwable told(PullJob job, Throwable failure) {
        String name = job.reference.text();
        if (job.isCancelled()) { // Nobody hears it.
            LOG.debug("fetching {} has ended", name, failure);
            return ApiException.unavailable("Fetching '" + name + "' has ended.", 1);
        }
        return switch (failure) {
            case FullException full -> {
                LOG.warn("{} is not fetched: {}", name, full.getMessage());
                yield new ApiException(507, "server_error", String.valueOf(full.getMessage()), null, "store_full", 0);
            }
            case UnfitException unfit -> {
                LOG.warn("{} was fetched and cannot be served", name, unfit);
                yield ApiException.invalid(
                        422, "'" + name + "' was fetched and cannot be served: " + unfit.getMessage(), "model_unfit");
            }
            case HubException refused -> {
                LOG.warn("{} was not fetched: {}", name, refused.getMessage());
                yield PullNames.told(refused);
            }
            default -> failure;
        };
    }

    private static ApiException ending(String name) {
        return ApiException.unavailable("Fetching '" + name + "' has ended: the server is shutting down.", 1);
    }

    /**
     * Ends what is under way, which stays for the next pull, and begins nothing any more. Who listens is told at once: connections stay for
     * a moment only, and the thread may take longer to leave what it does.
     */
    void end() {
        List<PullJob> left;
        synchronized (this) {
            closed = true;
            left = jobs.values().stream().filter(job -> !job.offering).toList();
            left.forEach(job -> jobs.remove(job.reference));
        }
        for (PullJob job : left) {
            job.cancel();
            job.fail(ending(job.reference.text())); // Once more by the thread, where it speaks in the same moment.
        }
        deletions.close();
    }

    /** Does {@link #end}, and waits for it. */
    @Override
    public void close() {
        end();
        worker.shutdown();
        try {
            if (!worker.awaitTermination(ENDING_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a pull goes on after {} s", ENDING_SECONDS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
