package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The places that a model has for adapters. Asked for by any thread; the model is told by the engine's, between steps.
 */
final class Adapters {
    private static final Logger LOG = LoggerFactory.getLogger(Adapters.class);

    private final Model model;
    private final AdapterRoom room;
    private final Consumer<Runnable> later;

    /** Numbers that are taken; 0 is none's. */
    private final BitSet taken = new BitSet();

    /** Loads that the engine has not come to. */
    private final Set<Loading> under = new HashSet<>();

    private boolean closed;

    /** An adapter on its way to its place. */
    private static final class Loading {
        final int number;
        final Adapter adapter;
        final CompletableFuture<EngineAdapter> loaded;

        Loading(int number, Adapter adapter, CompletableFuture<EngineAdapter> loaded) {
            this.number = number;
            this.adapter = adapter;
            this.loaded = loaded;
        }
    }

    /** @param later has the engine thread do something soon; any thread */
    Adapters(Model model, AdapterRoom room, Consumer<Runnable> later) {
        this.model = model;
        this.room = room;
        this.later = later;
    }

    /** As {@link Engine#loadAdapter}. */
    CompletableFuture<EngineAdapter> load(Adapter adapter) {
        CompletableFuture<EngineAdapter> loaded = new CompletableFuture<>();
        Loading loading;
        synchronized (this) {
            int number = taken.nextClearBit(1);
            if (closed || number > room.most()) {
                String why = closed
                        ? "the engine takes no adapters any more"
                        : room.most() == 0
                                ? "the server was started without room for adapters"
                                : "all " + room.most() + " places for adapters are taken, or not free yet";
                loaded.completeExceptionally(new RefusedException(closed ? Cause.UNAVAILABLE : Cause.BUSY, why, 0));
                return loaded;
            }
            taken.set(number);
            loading = new Loading(number, adapter, loaded);
            under.add(loading);
        }
        later.accept(() -> load(loading));
        return loaded;
    }

    private void load(Loading loading) {
        if (!claim(loading)) {
            return; // It was told that the engine is closed.
        }
        try {
            model.loadAdapter(loading.number, loading.adapter);
        } catch (ModelException refused) {
            free(loading.number);
            loading.loaded.completeExceptionally(refused);
            return;
        } catch (Throwable fault) { // The engine fails of it; whoever waits for the adapter hears of it, too.
            free(loading.number);
            loading.loaded.completeExceptionally(fault);
            throw fault;
        }
        loading.loaded.complete(new EngineAdapter(loading.number, loading.adapter.digest(), this::remove));
    }

    private synchronized boolean claim(Loading loading) {
        return under.remove(loading);
    }

    private void remove(EngineAdapter adapter) {
        later.accept(() -> {
            try {
                model.dropAdapter(adapter.number());
            } catch (ModelException failed) {
                LOG.error("an adapter's place could not be freed, and stays taken", failed);
                return;
            }
            free(adapter.number());
        });
    }

    private synchronized void free(int number) {
        taken.clear(number);
    }

    /** Nothing is loaded any more; whoever still waits for it is told. */
    void close() {
        Set<Loading> told;
        synchronized (this) {
            closed = true;
            told = Set.copyOf(under);
            under.clear();
        }
        told.forEach(each -> each.loaded.completeExceptionally(
                new RefusedException(Cause.UNAVAILABLE, "the engine takes no adapters any more", 0)));
    }
}
