package dev.tramontane.kernels;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A regular file mapped read-only. Pages come from the page cache on first touch; nothing is read on opening.
 *
 * <p>The memory may be used by any thread until {@link #close}, after which every access through {@link #bytes} throws
 * {@link IllegalStateException}. Native code that was handed an address has no such guard: close whatever uses the
 * mapping first. The file has to stay as it is while it is mapped: when somebody shortens it, a touch of the lost
 * pages is an {@link InternalError} in Java and ends the process in native code.
 */
public final class MappedFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;

    private MappedFile(Path path, Arena arena, MemorySegment bytes) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
    }

    /**
     * Maps the whole file. Symbolic links are followed; directories, pipes, devices and empty files are refused before
     * they are opened.
     *
     * @throws IOException one sentence that names the path and what is wrong with it
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the object and is closed with it
    public static MappedFile open(Path path) throws IOException {
        BasicFileAttributes attributes = attributesOf(path);
        if (attributes.isDirectory()) {
            throw new IOException("cannot map " + path + ": it is a directory, expected a file");
        }
        if (!attributes.isRegularFile()) {
            throw new IOException("cannot map " + path + ": it is a pipe, socket or device, expected a regular file");
        }
        if (attributes.size() == 0) {
            throw new IOException("cannot map " + path + ": the file is empty");
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new IOException("cannot map " + path + ": the file is empty");
            }
            return new MappedFile(path, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena));
        } catch (AccessDeniedException denied) {
            arena.close();
            throw new IOException("cannot map " + path + ": no permission to read it", denied);
        } catch (IOException | RuntimeException | OutOfMemoryError failure) {
            arena.close();
            throw failure;
        }
    }

    private static BasicFileAttributes attributesOf(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException missing) {
            throw new IOException("cannot map " + path + ": no such file", missing);
        } catch (AccessDeniedException denied) {
            throw new IOException("cannot map " + path + ": no permission to look at it", denied);
        }
    }

    /** The whole file, read-only. */
    public MemorySegment bytes() {
        return bytes;
    }

    /**
     * The {@code length} bytes at {@code offset}.
     *
     * @throws IndexOutOfBoundsException when they don't lie inside the file, overflow included
     */
    public MemorySegment slice(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size() - length) {
            throw new IndexOutOfBoundsException(
                    path + ": " + length + " bytes at offset " + offset + " don't lie inside its " + size() + " bytes");
        }
        return bytes.asSlice(offset, length);
    }

    public Path path() {
        return path;
    }

    /** Bytes of the file when it was mapped; at least 1. */
    public long size() {
        return bytes.byteSize();
    }

    /** Unmaps the file; a second call does nothing. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
