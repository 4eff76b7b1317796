package dev.tramontane.snapshots;

import dev.tramontane.files.FileBytes;
import dev.tramontane.files.SharedDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The directory of page files, which several processes may share: a file is there whole or not at all, since it is renamed
 * into place. A file's time is that of its last use. Blocks; one thread reads and another writes.
 */
final class PageDirectory {
    static final String SUFFIX = ".pages";

    private final SharedDirectory files;
    private final PageFormat format;
    private final String mark;

    /**
     * @param directory created when it is not there, for its owner alone
     * @param model as for {@link PageFormat}
     * @throws IOException when it can be neither used nor made
     */
    PageDirectory(Path directory, PageFormat format, byte[] model) throws IOException {
        files = new SharedDirectory(directory);
        this.format = format;
        mark = HexFormat.of().formatHex(model, 0, 8);
    }

    /** Where a block is, or would be. Blocks of other models have other names. */
    Path path(String name) {
        return files.path(name + "-" + mark + SUFFIX);
    }

    SharedDirectory files() {
        return files;
    }

    /**
     * Which groups a block has pages of.
     *
     * @return 0 when it is not there
     * @throws PageFileException when its file is not what its name promises
     */
    int look(String name) throws IOException {
        try (FileChannel file = open(path(name))) {
            return format.read(head(file), name, file.size()).groups();
        } catch (NoSuchFileException absent) {
            return 0;
        }
    }

    /** Whether there is a sound head of a block with pages of these groups at least; finding it counts as a use. */
    boolean has(String name, int groups) throws IOException {
        try {
            if ((look(name) & groups) != groups) {
                return false;
            }
            Files.setLastModifiedTime(path(name), FileTime.from(Instant.now()));
            return true;
        } catch (PageFileException refused) { // To be written over.
            return false;
        } catch (NoSuchFileException removed) {
            return false;
        }
    }

    /**
     * Reads a block, which counts as a use of it.
     *
     * @param into large enough for all groups; on success its pages lie from position 0 to the limit
     * @return the groups it has pages of; 0 when it is not there
     * @throws PageFileException when its file is not what its name promises
     */
    int read(String name, ByteBuffer into) throws IOException {
        Path path = path(name);
        try (FileChannel file = open(path)) {
            PageFormat.Head head = format.read(head(file), name, file.size());
            into.clear().limit(head.bytes());
            FileBytes.fill(file, into, PageFormat.HEAD);
            into.flip();
            PageFormat.check(head, into);
            Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
            return head.groups();
        } catch (NoSuchFileException absent) {
            return 0;
        }
    }

    /**
     * Writes a block.
     *
     * @return bytes of the file
     */
    long write(String name, int groups, ByteBuffer pages) throws IOException {
        return files.write(path(name), format.head(name, groups, pages), pages);
    }

    /** Removes a file that was refused, so that the block is written anew. What is no file stays. */
    void remove(String name) throws IOException {
        SharedDirectory.remove(path(name));
    }

    private static FileChannel open(Path path) throws IOException {
        return SharedDirectory.open(path, PageFileException::new);
    }

    private static ByteBuffer head(FileChannel file) throws IOException {
        return FileBytes.head(file, PageFormat.HEAD);
    }
}
