package dev.tramontane.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A folder in the cache for what is not finished, and the process that fills it. Both go when the fetch ends, and when
 * this process is told to end: a download that was cancelled leaves nothing. After a kill the next fetch clears up.
 */
final class Workplace implements AutoCloseable {
    private static final String PREFIX = ".fetching-";

    /** How often a folder is emptied that a dying process may still be filling. */
    private static final int TRIES = 50;

    private final Path folder;
    private final Thread hook;
    private volatile boolean cancelled;
    private @Nullable Process process;

    private Workplace(Path folder) {
        this.folder = folder;
        hook = new Thread(this::cancel, "fetch-cancel");
    }

    /** Opens one; whoever does holds the lock, so all others there are left from processes that were killed. */
    static Workplace in(Path directory) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, PREFIX + "*")) {
            for (Path folder : left) {
                remove(folder);
            }
        }
        Workplace workplace = new Workplace(Files.createTempDirectory(directory, PREFIX));
        Runtime.getRuntime().addShutdownHook(workplace.hook);
        return workplace;
    }

    Path folder() {
        return folder;
    }

    /** Starts the process that works here. */
    Process start(ProcessBuilder builder) throws IOException {
        synchronized (this) {
            if (cancelled) {
                throw new IOException("this program is being ended");
            }
            process = builder.start();
            return process;
        }
    }

    /** Bytes of all files here, and of the largest. */
    long[] size() throws IOException {
        long[] size = new long[2];
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                size[0] += attributes.size();
                size[1] = Math.max(size[1], attributes.size());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) throws IOException {
                return passOver(gone);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException gone) throws IOException {
                return gone == null ? FileVisitResult.CONTINUE : passOver(gone);
            }
        });
        return size;
    }

    /** What somebody else took away in the meantime has no size. */
    private static FileVisitResult passOver(IOException failure) throws IOException {
        if (failure instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw failure;
    }

    /** Ends the process with all that it started. */
    void endProcess() {
        Process running;
        synchronized (this) {
            running = process;
        }
        if (running != null) {
            running.descendants().forEach(ProcessHandle::destroyForcibly);
            running.destroyForcibly();
            try {
                if (!running.waitFor(10, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("process " + running.pid() + " does not end");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** On the JVM's thread that shuts it down, while the fetching thread may go on. */
    private void cancel() {
        synchronized (this) {
            cancelled = true;
        }
        endProcess();
        try {
            remove(folder);
        } catch (IOException stays) {
            throw new UncheckedIOException("the next start takes away " + folder, stays);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            waitForTheEnd();
        }
        endProcess();
        remove(folder);
    }

    /** The hook clears up and the JVM ends: whatever this thread would still say of the fetch would be wrong. */
    private static void waitForTheEnd() {
        while (true) {
            LockSupport.park();
        }
    }

    /** Removes a folder with all that is in it, even while another process still adds to it. */
    private static void remove(Path folder) throws IOException {
        for (int i = 1; ; i++) {
            try {
                empty(folder);
                return;
            } catch (IOException grew) {
                if (i == TRIES) {
                    throw grew;
                }
            }
        }
    }

    private static void empty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
