package dev.tramontane.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Who may change a store: one thread of one process at a time. Held until it is closed, by the thread that has it. */
final class StoreLock implements AutoCloseable {
    /** A file's lock keeps out other processes; these keep out other threads of this one. */
    private static final Map<Path, ReentrantLock> HERE = new ConcurrentHashMap<>();

    private final ReentrantLock here;
    private final FileChannel channel;

    private StoreLock(ReentrantLock here, FileChannel channel) {
        this.here = here;
        this.channel = channel;
    }

    /**
     * Waits for it.
     *
     * @param waiting is told when somebody else has it
     */
    static StoreLock acquire(Path file, Runnable waiting) throws IOException, InterruptedException {
        ReentrantLock here = HERE.computeIfAbsent(file, path -> new ReentrantLock());
        boolean told = !here.tryLock();
        if (told) {
            waiting.run();
            here.lockInterruptibly();
        }
        FileChannel channel = null;
        try {
            channel = open(file);
            if (channel.tryLock() == null) {
                if (!told) {
                    waiting.run();
                }
                channel.lock();
            }
            return new StoreLock(here, channel);
        } catch (IOException | RuntimeException failure) {
            release(here, channel);
            throw failure;
        }
    }

    /** The lock, or null when somebody else has it. */
    static @Nullable StoreLock tryAcquire(Path file) throws IOException {
        ReentrantLock here = HERE.computeIfAbsent(file, path -> new ReentrantLock());
        if (!here.tryLock()) {
            return null;
        }
        FileChannel channel = null;
        FileLock lock = null;
        try {
            channel = open(file);
            lock = channel.tryLock();
            return lock == null ? null : new StoreLock(here, channel);
        } finally {
            if (lock == null) {
                release(here, channel);
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void release(ReentrantLock here, @Nullable FileChannel channel) throws IOException {
        try {
            if (channel != null) {
                channel.close(); // and with it the lock
            }
        } finally {
            here.unlock();
        }
    }

    @Override
    public void close() throws IOException {
        release(here, channel);
    }
}
