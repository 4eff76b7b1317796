package dev.tramontane.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file in the cache, and whether it is the one that is wanted. Its sum is worth a second on a slow disk, so it is
 * computed once: a small file beside it notes for which size and time of change it was right. Whoever puts the right file
 * there by hand has put it there: it is summed then.
 */
final class KeptFile {
    private static final int BUFFER = 1 << 16;

    private final PackagedFile wanted;
    private final Path path;
    private final Path note;

    KeptFile(PackagedFile wanted, Path directory) {
        this.wanted = wanted;
        path = directory.resolve(wanted.name());
        note = directory.resolve("." + wanted.name() + ".checked");
    }

    Path path() {
        return path;
    }

    /** Whether it is there, whole; reads all of it if it was touched since it was last read. */
    boolean whole() throws IOException {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        String now = state();
        if (Files.isReadable(note)
                && Files.size(note) < BUFFER
                && Files.readString(note, StandardCharsets.ISO_8859_1).equals(now)) {
            return true;
        }
        if (Files.size(path) != wanted.bytes()) {
            return false;
        }
        try (InputStream in = Files.newInputStream(path)) {
            if (!sum(in, OutputStream.nullOutputStream(), wanted.bytes()).equals(wanted.sha256())) {
                return false;
            }
        }
        remember(now);
        return true;
    }

    /** Puts a file that was checked into place, at once and whole. */
    void put(Path checked) throws IOException {
        Files.move(checked, path, StandardCopyOption.ATOMIC_MOVE);
        remember(state());
    }

    private String state() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return wanted.sha256() + " " + attributes.size() + " "
                + attributes.lastModifiedTime().toInstant();
    }

    /** Where nothing can be written the file is summed again next time, which costs nothing but time. */
    private void remember(String state) throws IOException {
        if (Files.isWritable(path.toAbsolutePath().getParent())) {
            Files.writeString(note, state, StandardCharsets.ISO_8859_1);
        }
    }

    /**
     * Copies {@code limit} bytes at most and returns the SHA-256 of all that was read; one more byte is read, so that a
     * longer stream has another sum.
     */
    static String sum(InputStream in, OutputStream out, long limit) throws IOException {
        DigestInputStream digesting = new DigestInputStream(in, digest());
        byte[] buffer = new byte[BUFFER];
        long left = limit;
        while (left > 0) {
            int read = digesting.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                break;
            }
            out.write(buffer, 0, read);
            left -= read;
        }
        digesting.read();
        return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JVM has SHA-256", impossible);
        }
    }
}
