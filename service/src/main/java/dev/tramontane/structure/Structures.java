package dev.tramontane.structure;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Compiles forms for one vocabulary, and keeps those used last, as many as fit into some bytes: their networks, states and masks. What is
 * refused is kept, too, so that it is refused cheaply. Forms are told apart by the SHA-256 of what they say. Any thread but an event loop: compiling takes milliseconds, at
 * the limits some tenths of a second. Whoever asks for a form that another thread compiles waits for it.
 */
public final class Structures {
    /** However small they are. */
    private static final int MOST = 1024;

    private final TokenTree tokens;
    private final StructureLimits limits;
    private final long mostBytes;
    private final CacheMeter meter;
    private final Map<String, FutureTask<Structure>> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long compiled;

    /**
     * @param limits of each
     * @param mostBytes of all that are kept together, about; those in use count, and live on while they are used. The one asked for last is always kept.
     *     What states and masks of all take, kept or in use, is held to it, too
     */
    public Structures(TokenTree tokens, StructureLimits limits, long mostBytes) {
        this.tokens = tokens;
        this.limits = limits;
        this.mostBytes = mostBytes;
        this.meter = new CacheMeter(mostBytes);
    }

    /**
     * What a form means.
     *
     * @throws StructureException where it is wrong, asks for what is not supported, or is too large
     */
    public Structure structure(Form form) {
        FormKey.Said said = FormKey.of(form, limits);
        String key = said.digest();
        FutureTask<Structure> task;
        boolean mine;
        synchronized (kept) {
            FutureTask<Structure> known = kept.get(key);
            mine = known == null;
            task = known == null
                    ? new FutureTask<>(() -> Structure.of(form, said.characters(), tokens, limits, meter))
                    : known;
            if (mine) {
                kept.put(key, task);
                compiled++;
            }
        }
        if (mine) {
            task.run();
        }
        try {
            return result(key, task);
        } finally {
            forgetOldest(); // Refusals are kept, too.
        }
    }

    private Structure result(String key, FutureTask<Structure> task) {
        try {
            return task.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof StructureException refused) {
                throw refused;
            }
            drop(key, task);
            throw new IllegalStateException("a form could not be compiled", failed.getCause());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while another thread compiles the same form");
        }
    }

    private void drop(String key, FutureTask<Structure> task) {
        synchronized (kept) {
            kept.remove(key, task);
        }
    }

    /** Those in use grow after they were compiled, so all are counted anew. */
    private void forgetOldest() {
        synchronized (kept) {
            long bytes = bytes();
            for (Iterator<FutureTask<Structure>> oldest = kept.values().iterator();
                    (bytes > mostBytes || kept.size() > MOST) && kept.size() > 1; ) {
                FutureTask<Structure> each = oldest.next();
                bytes -= bytes(each);
                oldest.remove();
                if (each.state() == FutureTask.State.SUCCESS) {
                    each.resultNow().leave();
                }
            }
        }
    }

    /** What the forms of one request mean, who share the limits of one. */
    public Together together() {
        return new Together(this, limits);
    }

    /** Bytes of heap that states and masks of all take that are kept or in use, about. */
    public long cachedBytes() {
        return meter.bytes();
    }

    /** Bytes of heap that all kept ones take, about. */
    public long bytes() {
        synchronized (kept) {
            return kept.values().stream().mapToLong(Structures::bytes).sum();
        }
    }

    private static long bytes(FutureTask<Structure> task) {
        boolean there = task.state() == FutureTask.State.SUCCESS;
        return 512 + (there ? task.resultNow().bytes() : 0);
    }

    /** How many are kept, those that were refused among them. */
    public int size() {
        synchronized (kept) {
            return kept.size();
        }
    }

    /** How many were compiled since the beginning, as opposed to found. */
    public long compiled() {
        synchronized (kept) {
            return compiled;
        }
    }
}
