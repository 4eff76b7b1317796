package dev.tramontane.fetch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A directory that keeps a package's files. They are there whole or not at all: what comes is unpacked beside, its sum
 * checked, and renamed into place. Of several processes that want them at once one fetches, and the others wait for it.
 * Any thread; one at a time fetches.
 */
public final class PackageCache {
    private static final String LOCK = ".fetching.lock";

    /** A file lock keeps out other processes; this keeps out other threads of this one. */
    private static final ReentrantLock HERE = new ReentrantLock();

    private final PythonPackage wanted;
    private final Path directory;

    /** @param directory the user's own; created with permissions 0700 when something is fetched */
    public PackageCache(PythonPackage wanted, Path directory) {
        this.wanted = wanted;
        this.directory = directory.toAbsolutePath();
    }

    /** Where one of the package's files is, or will be. */
    public Path path(PackagedFile file) {
        return new KeptFile(file, directory).path();
    }

    /**
     * Whether all files are there. Reads little: sums are computed again only for what has changed since.
     *
     * @throws FetchException when that cannot be told
     */
    public boolean complete() throws FetchException {
        try {
            for (PackagedFile file : wanted.files()) {
                if (!new KeptFile(file, directory).whole()) {
                    return false;
                }
            }
            return true;
        } catch (IOException unreadable) {
            throw failure(unreadable);
        }
    }

    /**
     * Fetches what is missing. Blocks, for minutes on a slow line; the end of the JVM cancels it without a trace.
     *
     * @param variables of the environment: the PATH to look for pip and uv in, and what sets these up
     * @throws FetchException saying why it could not be had
     */
    public void fetch(Map<String, String> variables, FetchListener listener)
            throws FetchException, InterruptedException {
        if (complete()) {
            return;
        }
        HERE.lockInterruptibly();
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            try (FileChannel channel = FileChannel.open(
                            directory.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS);
                    FileLock lock = lock(channel, listener)) {
                Objects.requireNonNull(lock, "held until the block ends");
                if (!complete()) { // the one that was waited for may have brought it
                    fetchLocked(variables, listener);
                }
            }
        } catch (IOException failure) {
            throw failure(failure);
        } finally {
            HERE.unlock();
        }
    }

    private static FileLock lock(FileChannel channel, FetchListener listener) throws IOException {
        FileLock free = channel.tryLock();
        if (free != null) {
            return free;
        }
        listener.waiting();
        return channel.lock();
    }

    private void fetchLocked(Map<String, String> variables, FetchListener listener)
            throws FetchException, IOException, InterruptedException {
        try (Workplace work = Workplace.in(directory)) {
            requireSpace();
            Download download = new Download(wanted, variables, work, listener);
            download.run();
            for (PackagedFile file : wanted.files()) {
                download.unpack(file, work.folder().resolve(file.name()));
            }
            for (PackagedFile file : wanted.files()) {
                new KeptFile(file, directory).put(work.folder().resolve(file.name()));
            }
        }
    }

    private void requireSpace() throws FetchException, IOException {
        long free = Files.getFileStore(directory).getUsableSpace();
        if (free < wanted.neededBytes()) {
            throw new FetchException("fetching it takes " + (wanted.neededBytes() >> 20) + " MiB in " + directory
                    + " for a while, and " + (free >> 20) + " MiB are free there");
        }
    }

    private FetchException failure(IOException failure) {
        String what = failure instanceof FileSystemException system
                ? Objects.requireNonNullElse(
                                system.getReason(), system.getClass().getSimpleName())
                        + " at " + system.getFile()
                : failure.getMessage();
        return new FetchException("the cache " + directory + " cannot be used: " + what, failure);
    }
}
