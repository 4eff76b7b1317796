package dev.tramontane.app;

import dev.tramontane.api.ApiException;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineAdapter;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.PeftAdapter;
import dev.tramontane.weights.ModelFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters of a model by their names: those of the start, and those that requests load. They outlive the model's unloading, and are
 * loaded with it again as long as they are what they were. Any thread.
 */
final class ModelAdapters {
    private static final Logger LOG = LoggerFactory.getLogger(ModelAdapters.class);

    /** How often an engine is asked whether its model is whole again. */
    private static final long LOOK_NANOS = 50_000_000;

    private final String base;
    private final ModelGeometry geometry;
    private final AdapterRoom room;
    private final Map<String, NamedAdapter> named = new ConcurrentSkipListMap<>();

    /** Held while files are read and engines waited for. */
    private final ReentrantLock loading = new ReentrantLock();

    /** Of the model while it is loaded. Guarded by this, as places are which adapters have in it. */
    private @Nullable Engine engine;

    /**
     * Why a model does not get an adapter.
     *
     * @param told for clients, who need not know where files are
     * @param whole for operators
     */
    private record Fault(String told, String whole) {
        static Fault of(@Nullable String why) {
            return new Fault(String.valueOf(why), String.valueOf(why));
        }
    }

    /**
     * @param base the model's name
     * @param room that it has for them
     */
    ModelAdapters(String base, ModelGeometry geometry, AdapterRoom room) {
        this.base = base;
        this.geometry = geometry;
        this.room = room;
    }

    String base() {
        return base;
    }

    ModelGeometry geometry() {
        return geometry;
    }

    /** In the order of names. */
    Map<String, NamedAdapter> all() {
        return Collections.unmodifiableMap(named);
    }

    @Nullable
    NamedAdapter find(String name) {
        return named.get(name);
    }

    /**
     * Adds one, which is loaded at once where the model is. Blocks as long as its files are read.
     *
     * @return it
     * @throws ApiException when there is no room for it, or one of the name
     * @throws ModelFileException when there is none, or none for the model
     * @throws ModelException when the model does not take it
     */
    NamedAdapter add(String name, Path directory) {
        loading.lock();
        try {
            if (named.containsKey(name)) {
                throw conflict("The adapter '" + name + "' is loaded already.", "lora_name");
            }
            if (named.size() >= room.most()) {
                throw conflict(
                        "The adapter cannot be loaded: all " + room.most() + " places for adapters are taken.", null);
            }
            long created = created(directory);
            PeftAdapter files = open(directory);
            NamedAdapter adapter =
                    new NamedAdapter(name, directory, files.adapter().digest(), room.type(), created);
            Engine now = engine();
            EngineAdapter loaded = null;
            if (now == null) {
                files.close();
            } else {
                loaded = load(adapter, files, now);
            }
            synchronized (this) { // The engine that goes with its model finds the adapter, or is gone by now.
                named.put(name, adapter);
                place(adapter, loaded, now);
            }
            LOG.info("adapter {} of {} is there: {}", name, base, adapter.digest());
            return adapter;
        } finally {
            loading.unlock();
        }
    }

    /** @throws ModelFileException when it is none for the model */
    private PeftAdapter open(Path directory) {
        PeftAdapter files = PeftAdapter.open(directory, geometry);
        int rank = files.adapter().rank();
        if (rank > room.rank()) {
            files.close();
            throw ModelFileException.in(directory.toString(), "the adapter's rank is " + rank)
                    .expected("1.." + room.rank())
                    .advice("start the server with " + Setting.MAX_LORA_RANK.flag() + " " + rank);
        }
        return files;
    }

    private static long created(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw ModelFileException.in(directory.toString(), "there is no such directory")
                    .advice("give the directory that PEFT's save_pretrained() wrote");
        }
        try {
            return Files.getLastModifiedTime(directory).toInstant().getEpochSecond();
        } catch (IOException gone) {
            throw ModelFileException.in(directory.toString(), "it has just gone")
                    .cause(gone)
                    .advice("try again");
        }
    }

    private static ApiException conflict(String message, @Nullable String field) {
        return new ApiException(409, "invalid_request_error", message, field, null, 0);
    }

    private synchronized @Nullable Engine engine() {
        return engine;
    }

    /**
     * Waits for its place in an engine.
     *
     * @param files which the engine closes; they stay open as long as it may load them again
     * @return null when the engine has gone meanwhile: it comes with the model the next time
     */
    @SuppressWarnings("ReferenceEquality") // each loading has an engine of its own
    private @Nullable EngineAdapter load(NamedAdapter adapter, PeftAdapter files, Engine there) {
        try {
            return there.loadAdapter(new AdapterFiles(adapter.name(), adapter.directory(), files))
                    .join();
        } catch (CompletionException failed) {
            if (engine() != there) {
                return null;
            }
            throw told(failed.getCause(), failed);
        }
    }

    /** Under this lock, so that no place of an engine that has gone is kept. */
    @SuppressWarnings("ReferenceEquality") // each loading has an engine of its own
    private synchronized void place(NamedAdapter adapter, @Nullable EngineAdapter loaded, @Nullable Engine there) {
        if (loaded != null && engine == there) {
            adapter.placed(loaded);
        }
    }

    private static RuntimeException told(@Nullable Throwable cause, CompletionException failed) {
        return switch (cause) {
            case RefusedException full ->
                new ApiException(
                        full.refusal() == RefusedException.Cause.BUSY ? 409 : 503,
                        "invalid_request_error",
                        "The adapter cannot be loaded: " + full.getMessage() + ".",
                        null,
                        null,
                        full.retryAfterSeconds());
            case ModelException refused -> refused;
            case null, default -> failed;
        };
    }

    /**
     * The model is loaded: it gets those that are still what they were. The others are refused until it is loaded again. Blocks, also as
     * long as a part of the model is lost.
     *
     * @return why, of those that it did not get, for operators
     * @throws ModelException when the model fails meanwhile
     */
    Map<NamedAdapter, String> attach(Engine loaded) {
        loading.lock();
        try {
            synchronized (this) {
                engine = loaded;
            }
            Map<NamedAdapter, String> faults = new LinkedHashMap<>();
            for (NamedAdapter adapter : named.values()) {
                Fault fault = placeAgain(adapter, loaded);
                if (fault != null) {
                    adapter.refused(fault.told);
                    faults.put(adapter, fault.whole);
                    LOG.error("the adapter {} of {} is refused: {}", adapter.name(), base, fault.whole);
                }
            }
            return faults;
        } finally {
            loading.unlock();
        }
    }

    private @Nullable Fault placeAgain(NamedAdapter adapter, Engine there) {
        while (true) {
            try {
                PeftAdapter files = open(adapter.directory());
                if (!files.adapter().digest().equals(adapter.digest())) {
                    files.close();
                    return Fault.of(
                            "its files have changed since it was loaded; unload it, and load it again as what it is now");
                }
                place(adapter, load(adapter, files, there), there);
                return null;
            } catch (ModelFileException unusable) {
                return new Fault(
                        "its files cannot be used any more; unload it, and load it again when they can",
                        String.valueOf(unusable.getMessage()));
            } catch (ApiException refused) {
                if (refused.retryAfterSeconds() == 0) {
                    return Fault.of(refused.getMessage());
                }
                awaitWhole(there); // A part of the model is lost, which is no fault of the adapter.
            } catch (ModelException refused) {
                return Fault.of(refused.getMessage());
            }
        }
    }

    private static void awaitWhole(Engine engine) {
        try {
            while (engine.outage() != null) {
                if (engine.failed()) { // As the part came back: then the outage is never over.
                    throw new ModelException("the model failed while its lost part was waited for");
                }
                TimeUnit.NANOSECONDS.sleep(LOOK_NANOS);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new ModelException("it was interrupted while it waited for the lost part of the model", ended);
        }
    }

    /** The model goes: nobody uses them any more. */
    synchronized void detach() {
        engine = null;
        named.values().forEach(NamedAdapter::displaced);
    }

    /**
     * Takes one away: no new request may ask for it, and its place is free when those that use it are over.
     *
     * @return whether there was one
     */
    boolean remove(String name) {
        NamedAdapter gone = named.remove(name);
        if (gone == null) {
            return false;
        }
        gone.giveUp();
        LOG.info("adapter {} of {} is unloaded", name, base);
        return true;
    }
}
