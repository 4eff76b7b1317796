package dev.tramontane.snapshots;

import dev.tramontane.engine.PageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blocks in files, written by one thread and read by another. Whatever the file system does, callers only miss what they
 * could have had: a queue that is full takes no more, and who has waited {@link #PATIENCE} waits no longer. Close the
 * engine first.
 */
public final class PageFiles implements PageStore, AutoCloseable {
    /** A disk that is slower than this is slower than computing. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(PageFiles.class);
    private static final int READS = 64;
    private static final Duration CLOSING = Duration.ofSeconds(3);

    /** Log lines about files are this far apart at least: a directory may be full of bad ones. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final PageDirectory files;
    private final DirectoryLimit limit;
    private final SnapshotObserver observer;
    private final Buffers writeBuffers;
    private final Buffers readBuffers;
    private final ThreadPoolExecutor writer;
    private final ThreadPoolExecutor reader;
    private final AtomicLong lastLine = new AtomicLong(System.nanoTime() - QUIET_NANOS);
    private volatile Runnable room = () -> {};

    /**
     * Opens a directory, or makes it, and brings it within its limit. Blocks as long as counting files takes.
     *
     * @param model 32 bytes that differ wherever pages of equal tokens may
     * @param pageBytes of a page of each group of layers
     * @param limitBytes of all files together
     * @throws UncheckedIOException when the directory can be neither used nor made
     */
    public PageFiles(Path directory, byte[] model, long[] pageBytes, long limitBytes, SnapshotObserver observer) {
        PageFormat format = new PageFormat(model, pageBytes);
        try {
            files = new PageDirectory(directory, format, model);
            limit = new DirectoryLimit(files.files(), limitBytes, observer);
            limit.enforce();
        } catch (IOException unusable) {
            throw new UncheckedIOException(unusable);
        }
        this.observer = observer;
        writeBuffers = new Buffers(format.blockBytes());
        readBuffers = new Buffers(format.blockBytes());
        // No more writes wait than there are buffers, so that queue is never full.
        writer = thread("tramontane-snapshots-write", Buffers.count(format.blockBytes()));
        reader = thread("tramontane-snapshots-read", READS);
    }

    /** Bytes of memory beside the heap that such files take. */
    public static long bufferBytes(long[] pageBytes) {
        int blockBytes = Math.toIntExact(Arrays.stream(pageBytes).sum());
        return 2L * Buffers.count(blockBytes) * blockBytes;
    }

    private static ThreadPoolExecutor thread(String name, int queue) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(queue),
                Thread.ofPlatform().daemon().name(name).factory());
        executor.prestartAllCoreThreads();
        return executor;
    }

    @Override
    public @Nullable ByteBuffer room() {
        return writeBuffers.poll();
    }

    @Override
    public void onRoom(Runnable listener) {
        room = listener;
    }

    @Override
    public void keep(String name, int groups, ByteBuffer pages) {
        try {
            writer.execute(() -> {
                try {
                    write(name, groups, pages);
                } finally {
                    writeBuffers.giveBack(pages);
                    room.run();
                }
            });
        } catch (RejectedExecutionException closed) {
            writeBuffers.giveBack(pages);
        }
    }

    @Override
    public void giveBack(ByteBuffer pages) {
        writeBuffers.giveBack(pages);
    }

    private void write(String name, int groups, ByteBuffer pages) {
        try {
            if (files.has(name, groups)) {
                return; // From an earlier turn, or another process.
            }
            long bytes = files.write(name, groups, pages);
            observer.written(bytes);
            limit.written(bytes);
        } catch (IOException | UncheckedIOException failed) {
            failed(failed);
        }
    }

    @Override
    public void look(List<String> names, boolean toGap, Consumer<int[]> answer) {
        AtomicBoolean answered = new AtomicBoolean();
        Consumer<int[]> once = groups -> {
            if (!answered.getAndSet(true)) {
                answer.accept(groups);
            }
        };
        Runnable nothing = () -> once.accept(new int[names.size()]);
        read(nothing, () -> {
            int[] groups = new int[names.size()];
            for (int i = 0; i < groups.length && !answered.get(); i++) {
                groups[i] = look(names.get(i));
                if (toGap && groups[i] == 0) {
                    break;
                }
            }
            once.accept(groups);
        });
    }

    private int look(String name) {
        return guarded(name, () -> files.look(name));
    }

    @Override
    public void fetch(List<String> names, Receiver receiver) {
        AtomicBoolean ended = new AtomicBoolean();
        Runnable end = () -> {
            if (!ended.getAndSet(true)) {
                receiver.end();
            }
        };
        read(end, () -> {
            try {
                for (int i = 0; i < names.size() && !ended.get(); i++) {
                    fetch(names.get(i), i, receiver);
                }
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            } finally {
                end.run();
            }
        });
    }

    private void fetch(String name, int index, Receiver receiver) throws InterruptedException {
        ByteBuffer into = readBuffers.take();
        int groups = 0;
        try {
            groups = guarded(name, () -> files.read(name, into));
        } finally {
            if (groups == 0) {
                readBuffers.giveBack(into);
            }
        }
        if (groups != 0) {
            observer.read(PageFormat.HEAD + (long) into.remaining());
            receiver.block(index, groups, into);
        }
    }

    @Override
    public void forget(List<String> names) {
        try {
            reader.execute(() -> {
                for (String name : names) {
                    try {
                        files.remove(name);
                    } catch (IOException failed) {
                        failed(failed);
                    }
                }
            });
        } catch (RejectedExecutionException busy) {
            LOG.debug("{} snapshots that made no sense stay: the disk is busy", names.size());
        }
    }

    @Override
    public void release(ByteBuffer pages) {
        readBuffers.giveBack(pages);
    }

    /**
     * Has the reader work, but not for longer than anybody wants to wait.
     *
     * @param otherwise what is said when that does not happen; may be run when the work was done, too
     */
    private void read(Runnable otherwise, Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            reader.execute(() -> {
                try {
                    work.run();
                    done.complete(null);
                } catch (Throwable fault) {
                    done.completeExceptionally(fault);
                    throw fault;
                }
            });
        } catch (RejectedExecutionException busy) {
            otherwise.run();
            return;
        }
        // Nothing remembers the request any more once the work is done.
        var _ = done.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).whenComplete((nothing, why) -> {
            if (why != null) {
                otherwise.run();
            }
        });
    }

    private interface Reading {
        int groups() throws IOException;
    }

    /** What is not sound, or cannot be read, is not there. */
    private int guarded(String name, Reading reading) {
        try {
            return reading.groups();
        } catch (PageFileException refused) {
            observer.refused();
            if (mayLog()) {
                LOG.warn(
                        "the snapshot file {} {}; it is not used, what it was to hold is computed",
                        files.path(name),
                        refused.getMessage());
            }
            try {
                files.remove(name);
            } catch (IOException failed) {
                failed(failed);
            }
        } catch (IOException failed) {
            failed(failed);
        }
        return 0;
    }

    private void failed(Exception cause) {
        if (reader.isShutdown() && cause instanceof ClosedByInterruptException) {
            return; // Closing does that.
        }
        observer.failed();
        if (mayLog()) {
            LOG.warn(
                    "the snapshot directory {} fails; what is not kept there is computed",
                    files.files().path(),
                    cause);
        }
    }

    private boolean mayLog() {
        long last = lastLine.get();
        long now = System.nanoTime();
        return now - last >= QUIET_NANOS && lastLine.compareAndSet(last, now);
    }

    /** Writes what is on its way, for three seconds at most; nothing is read any more. */
    @Override
    public void close() {
        reader.shutdownNow();
        writer.shutdown();
        boolean interrupted = false;
        try {
            if (!writer.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "the snapshot directory {} takes its time: what it has not taken is lost",
                        files.files().path());
            }
        } catch (InterruptedException asked) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
