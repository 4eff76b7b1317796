package dev.tramontane.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.util.Objects;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of the user's own where the library is unpacked once, under a name that holds its hash. What is loaded as
 * code must come from nobody else: directory and file have to be real (no symbolic links), belong to this user or to
 * root, and be writable by nobody else; and the file's SHA-256 is compared on every start. Several processes may
 * unpack at the same time: each writes its own temporary file and renames it into place. What is left of earlier versions
 * and of processes that were killed goes when a new version comes: {@link OldLibraries}.
 */
final class LibraryCache {
    private static final Logger LOG = LoggerFactory.getLogger(LibraryCache.class);
    static final String TEMPORARY_PREFIX = "unpacking-";
    static final String TEMPORARY_SUFFIX = ".tmp";
    private static final int ROOT = 0;

    /** No library of ours is larger; a larger file under its name is not read. */
    private static final long MAX_BYTES = 1L << 30;

    private LibraryCache() {}

    /** The path of the verified library, unpacked now if it wasn't there. */
    static Path unpack(BundledLibrary library, Path directory) {
        int user = Posix.effectiveUser();
        try {
            prepareDirectory(directory, user);
            int dot = library.name().lastIndexOf('.');
            Path file = directory.resolve(library.name().substring(0, dot) + "-"
                    + library.sha256().substring(0, 16) + library.name().substring(dot));
            if (!verified(file, library.sha256(), user)) {
                write(library, directory, file);
                if (!verified(file, library.sha256(), user)) {
                    throw new KernelException("the kernel library that was just written to " + file
                            + " does not read back the same; is the disk full or failing?");
                }
                OldLibraries.remove(directory, file);
            } else {
                OldLibraries.markUsed(file);
            }
            return file;
        } catch (AccessDeniedException denied) {
            throw new KernelException(
                    "cannot unpack the kernel library into " + directory + ": no permission at " + denied.getFile()
                            + "; give a directory that this user may write to",
                    denied);
        } catch (FileAlreadyExistsException inTheWay) {
            throw new KernelException(
                    "cannot unpack the kernel library into " + directory + ": " + inTheWay.getFile()
                            + " is in the way, and is no directory",
                    inTheWay);
        } catch (FileSystemException failure) {
            throw new KernelException(
                    "cannot unpack the kernel library into " + directory + ": "
                            + Objects.requireNonNullElse(failure.getReason(), "the file system refuses it") + " at "
                            + failure.getFile() + "; give another directory",
                    failure);
        } catch (IOException failure) {
            throw new KernelException(
                    "cannot unpack the kernel library into " + directory + ": " + failure.getMessage()
                            + "; make room there, or give another directory",
                    failure);
        }
    }

    private static void prepareDirectory(Path directory, int user) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(permissions("rwx------")));
        }
        PosixFileAttributes attributes = attributes(directory);
        if (!attributes.isDirectory()) {
            throw new KernelException(
                    "the kernel cache " + directory + " is not a directory (symbolic links are refused)");
        }
        requireOwn("kernel cache", directory, attributes, user);
    }

    /** Whether the file is there with the right bytes; throws when it is somebody else's. */
    private static boolean verified(Path file, String sha256, int user) throws IOException {
        PosixFileAttributes attributes;
        try {
            attributes = attributes(file);
        } catch (NoSuchFileException absent) {
            return false;
        }
        if (!attributes.isRegularFile()) {
            throw new KernelException("the cached kernel library " + file
                    + " is not a regular file (symbolic links are refused); remove it");
        }
        requireOwn("cached kernel library", file, attributes, user);
        if (attributes.size() <= MAX_BYTES) {
            String found = hash(file);
            if (found.equals(sha256)) {
                return true;
            }
        }
        LOG.warn("the cached kernel library {} is damaged; unpacking it again", file);
        return false;
    }

    private static String hash(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
                InputStream in = Channels.newInputStream(channel);
                DigestInputStream digesting = new DigestInputStream(in, BundledLibrary.digest())) {
            byte[] buffer = new byte[1 << 16];
            while (digesting.read(buffer) >= 0) {}
            return BundledLibrary.hex(digesting.getMessageDigest().digest());
        }
    }

    private static void write(BundledLibrary library, Path directory, Path file) throws IOException {
        byte[] bytes = library.bytes();
        Path temporary = Files.createTempFile(
                directory,
                TEMPORARY_PREFIX,
                TEMPORARY_SUFFIX,
                PosixFilePermissions.asFileAttribute(permissions("rw-------")));
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer source = ByteBuffer.wrap(bytes);
                while (source.hasRemaining()) {
                    channel.write(source);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(temporary, permissions("r-x------"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException failure) {
            Files.deleteIfExists(temporary);
            throw failure;
        }
    }

    private static void requireOwn(String what, Path path, PosixFileAttributes attributes, int user)
            throws IOException {
        int owner = (Integer) Objects.requireNonNull(
                Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS), "every file has an owner");
        if (owner != user && owner != ROOT) {
            throw new KernelException("the " + what + " " + path + " belongs to user " + owner + ", not to " + user
                    + "; give a directory of your own");
        }
        Set<PosixFilePermission> permissions = attributes.permissions();
        if (permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new KernelException("the " + what + " " + path + " can be written by others ("
                    + PosixFilePermissions.toString(permissions) + "); take that permission away: chmod go-w " + path);
        }
    }

    private static PosixFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static Set<PosixFilePermission> permissions(String letters) {
        return PosixFilePermissions.fromString(letters);
    }
}
