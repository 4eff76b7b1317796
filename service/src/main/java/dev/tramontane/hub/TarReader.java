package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar file as it comes, by POSIX.1-2001 (ustar and pax) and with GNU's long names: files and directories, whose paths lead
 * downwards. Whatever else a tar file may hold, links, devices, holes, is refused by name. One thread.
 */
final class TarReader {
    static final int BLOCK = 512;
    private static final int MOST_HEADERS = 3 * MemberNames.MOST;
    private static final int BUFFER = 1 << 18;

    private final InputStream in;
    private final String what;
    private final MemberNames names = new MemberNames(this::refused);
    private int headers;
    private long left;
    private int padding;

    /**
     * @param path from the top, with slashes
     * @param bytes 0 for a directory
     */
    record Member(String path, boolean directory, long bytes) {}

    /** @param what the tar file is called in messages */
    TarReader(InputStream in, String what) {
        this.in = in;
        this.what = what;
    }

    /**
     * The next member; null behind the last, when all has been read.
     *
     * @throws HubException when it cannot be what it seems
     */
    @Nullable
    Member next() throws IOException {
        skip(left + padding);
        padding = 0;
        TarAttributes attributes = new TarAttributes();
        while (true) {
            byte[] block = block();
            if (isZero(block)) {
                return end();
            }
            if (++headers > MOST_HEADERS) {
                throw refused("has more than " + MemberNames.MOST + " members");
            }
            TarHeader header = TarHeader.read(block, this::refused);
            switch (header.type()) {
                case 'x' -> attributes.pax(extra(header), this::refused);
                case 'g' ->
                    new TarAttributes().pax(extra(header), this::refused); // For all that follow: nothing counts.
                case 'L' -> attributes.longName(extra(header), this::refused);
                case '0', '\0', '7', '5' -> {
                    return member(header, attributes);
                }
                default ->
                    throw refused(kind(header.type()) + " in it, "
                            + MemberNames.shown(attributes.name(header.name()))
                            + ", is not unpacked");
            }
        }
    }

    private Member member(TarHeader header, TarAttributes attributes) {
        String name = attributes.name(header.name());
        boolean directory = header.type() == '5' || name.endsWith("/");
        String path = names.add(name, directory);
        long bytes = directory ? 0 : attributes.size(header.size());
        if (directory && header.size() != 0) {
            throw refused("has a directory " + MemberNames.shown(name) + " with bytes of its own");
        }
        begin(bytes);
        return new Member(path, directory, bytes);
    }

    private void begin(long bytes) {
        left = bytes;
        padding = (int) ((BLOCK - bytes % BLOCK) % BLOCK);
    }

    /** The bytes of the member that {@link #next} gave. */
    void copy(OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        while (left > 0) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                throw cut();
            }
            out.write(buffer, 0, read);
            left -= read;
        }
    }

    /** What stands before a member and is about it. */
    private byte[] extra(TarHeader header) throws IOException {
        if (header.size() > TarAttributes.MOST) {
            throw refused("has more to say of a member than is read");
        }
        byte[] bytes = in.readNBytes((int) header.size());
        if (bytes.length < header.size()) {
            throw cut();
        }
        begin(header.size());
        skip(padding);
        padding = 0;
        return bytes;
    }

    private byte[] block() throws IOException {
        byte[] block = in.readNBytes(BLOCK);
        if (block.length < BLOCK) {
            throw cut();
        }
        return block;
    }

    /** A second block of zeros, and what is padded behind it. */
    private @Nullable Member end() throws IOException {
        byte[] buffer = new byte[BUFFER];
        int read = in.readNBytes(buffer, 0, BLOCK);
        while (read > 0) {
            if (!isZero(Arrays.copyOf(buffer, read))) {
                throw refused("goes on behind its end");
            }
            read = in.read(buffer);
        }
        return null;
    }

    /** Reads, for whoever sums what is read sums nothing that is skipped. */
    private void skip(long bytes) throws IOException {
        left = bytes;
        copy(OutputStream.nullOutputStream());
    }

    private static boolean isZero(byte[] block) {
        for (byte value : block) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    private static String kind(int type) {
        return switch (type) {
            case '1' -> "a link";
            case '2' -> "a symbolic link";
            case '3', '4' -> "a device";
            case '6' -> "a pipe";
            case 'S' -> "a file with holes";
            case 'K' -> "a link with a long name";
            default -> "something that is no file";
        };
    }

    private HubException cut() {
        return refused("ends too early");
    }

    /** @param why in words that go on after the file's name */
    HubException refused(String why) {
        return new HubException(Kind.WRONG, "the tar file " + what + " " + why);
    }
}
