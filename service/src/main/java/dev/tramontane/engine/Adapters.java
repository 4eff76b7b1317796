package dev.tramontane.engine;

import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.Heartbeat;
import dev.tramontane.model.Model;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.StageLostException;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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
    private final Heartbeat heartbeat;

    /** Numbers that are taken; 0 is none's. */
    private final BitSet taken = new BitSet();

    /** Loads that the engine has not come to. */
    private final Set<Loading> under = new HashSet<>();

    /** What the model has, by number: loaded again when it has lost them. Engine thread. */
    private final Map<Integer, Loading> loaded = new TreeMap<>();

    /** Why the model can't load any for now. Engine thread. */
    private @Nullable String suspended;

    private boolean closed;

    /** An adapter on its way to its place. */
    private static final class Loading {
        final EngineAdapter handle;
        final AdapterData data;
        final CompletableFuture<EngineAdapter> loaded;

        Loading(EngineAdapter handle, AdapterData data, CompletableFuture<EngineAdapter> loaded) {
            this.handle = handle;
            this.data = data;
            this.loaded = loaded;
        }

        void refuse(Throwable why) {
            loaded.completeExceptionally(why);
            data.release();
        }
    }

    /**
     * @param later has the engine thread do something soon; any thread
     * @param heartbeat beats with each adapter: many of them take longer than a thread may stand still
     */
    Adapters(Model model, AdapterRoom room, Consumer<Runnable> later, Heartbeat heartbeat) {
        this.model = model;
        this.heartbeat = heartbeat;
        this.room = room;
        this.later = later;
    }

    /** As {@link Engine#loadAdapter}. */
    CompletableFuture<EngineAdapter> load(AdapterData data) {
        CompletableFuture<EngineAdapter> future = new CompletableFuture<>();
        Loading loading;
        synchronized (this) {
            int number = taken.nextClearBit(1);
            if (closed || number > room.most()) {
                String why = closed
                        ? "the engine takes no adapters any more"
                        : room.most() == 0
                                ? "the server was started without room for adapters"
                                : "all " + room.most() + " places for adapters are taken, or not free yet";
                future.completeExceptionally(new RefusedException(closed ? Cause.UNAVAILABLE : Cause.BUSY, why, 0));
                data.release();
                return future;
            }
            taken.set(number);
            EngineAdapter handle = new EngineAdapter(number, data.adapter().digest(), this::remove);
            loading = new Loading(handle, data, future);
            under.add(loading);
        }
        later.accept(() -> load(loading));
        return future;
    }

    private void load(Loading loading) {
        if (!claim(loading)) {
            return; // It was told that the engine is closed.
        }
        String away = suspended;
        if (away != null) {
            free(loading.handle.number());
            loading.refuse(refusal(away));
            return;
        }
        heartbeat.beat();
        try {
            model.loadAdapter(loading.handle.number(), loading.data.adapter());
        } catch (StageLostException lost) { // The engine sees to the rest.
            free(loading.handle.number());
            loading.refuse(refusal(lost.told()));
            throw lost;
        } catch (ModelException refused) {
            free(loading.handle.number());
            loading.refuse(refused);
            return;
        } catch (Throwable fault) { // The engine fails of it; whoever waits for the adapter hears of it, too.
            free(loading.handle.number());
            loading.refuse(fault);
            throw fault;
        }
        loaded.put(loading.handle.number(), loading);
        loading.loaded.complete(loading.handle);
    }

    private static RefusedException refusal(String reason) {
        return new RefusedException(Cause.UNAVAILABLE, reason, Engine.LOST_RETRY_SECONDS);
    }

    /** The model has lost all of them, and takes none until {@link #resume}. Engine thread. */
    void suspend(String reason) {
        suspended = reason;
    }

    /** Loads all again that are still needed and still what they were; the others are refused from now on. Engine thread. */
    void resume() {
        for (Loading each : List.copyOf(loaded.values())) {
            heartbeat.beat();
            if (each.data.isUnchanged()) {
                heartbeat.beat();
                model.loadAdapter(each.handle.number(), each.data.adapter());
            } else {
                LOG.error(
                        "the adapter {} is refused from now on: its data has changed since it was loaded, and is not loaded again",
                        each.handle.digest());
                loaded.remove(each.handle.number());
                each.handle.spoil();
                each.data.release();
            }
        }
        suspended = null;
    }

    private synchronized boolean claim(Loading loading) {
        return under.remove(loading);
    }

    private void remove(EngineAdapter adapter) {
        later.accept(() -> {
            Loading gone = loaded.remove(adapter.number()); // Not to be loaded again, whatever becomes of the model.
            try {
                if (gone != null && suspended == null) { // The model has none that was spoilt.
                    model.dropAdapter(adapter.number());
                }
            } catch (StageLostException lost) {
                free(adapter.number());
                throw lost;
            } catch (ModelException failed) {
                LOG.error("an adapter's place could not be freed, and stays taken", failed);
                return;
            } finally {
                if (gone != null) {
                    gone.data.release();
                }
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
        told.forEach(each ->
                each.refuse(new RefusedException(Cause.UNAVAILABLE, "the engine takes no adapters any more", 0)));
    }

    /** The engine is over: nobody needs their data any more. Engine thread, at its end. */
    void leave() {
        loaded.values().forEach(each -> each.data.release());
        loaded.clear();
    }
}
