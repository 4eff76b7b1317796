package dev.tramontane.hub;

import dev.tramontane.files.FileBytes;
import dev.tramontane.hub.HubException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a zip file's table of contents, which stands at its end, by PKWARE's APPNOTE 6.3 with ZIP64: files and directories, stored
 * or deflated, whose paths lead downwards. Whatever else a zip file may hold, links, encryption, other parts, is refused by
 * name, and so is a file whose table and end say different things. One thread.
 */
final class ZipDirectory {
    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int MOST_COMMENT = 0xffff;
    private static final int LOCATOR = 0x07064b50;
    private static final int LOCATOR_BYTES = 20;
    private static final int END64 = 0x06064b50;
    private static final int END64_BYTES = 56;
    private static final int ENTRY = 0x02014b50;
    private static final int ENTRY_BYTES = 46;
    private static final int ZIP64_EXTRA = 1;
    private static final long IN_ZIP64 = 0xffffffffL;
    private static final int IN_ZIP64_SHORT = 0xffff;

    /** Of a table: a member's line has some hundreds. */
    private static final int MOST_BYTES = 16 << 20;

    /** More than any file has: sums of as many as a zip file may have don't overflow. */
    private static final long MOST_MEMBER = 1L << 46;

    private static final int ENCRYPTED = 1;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;

    /** Kinds of files as Unix numbers them, in the upper half of a line's attributes. */
    private static final int KIND = 0xf000;

    private static final int KIND_FILE = 0x8000;
    private static final int KIND_DIRECTORY = 0x4000;
    private static final int KIND_LINK = 0xa000;

    private final FileChannel file;
    private final String what;

    /** @param table where the table of contents begins, behind all members */
    record Contents(List<ZipMember> files, long table) {}

    /** @param what the zip file is called in messages */
    ZipDirectory(FileChannel file, String what) {
        this.file = file;
        this.what = what;
    }

    /** Where the table is. */
    private record Table(long offset, long bytes, long entries) {}

    /** @throws HubException when it cannot be what it seems */
    Contents read() throws IOException {
        Table table = table();
        if (table.entries() > 3L * MemberNames.MOST) {
            throw refused("has more than " + MemberNames.MOST + " members");
        }
        if (table.bytes() > MOST_BYTES) {
            throw refused("has a longer table of contents than is read");
        }
        ByteBuffer lines = bytes(table.offset(), (int) table.bytes());
        MemberNames names = new MemberNames(this::refused);
        List<ZipMember> files = new ArrayList<>();
        for (long i = 0; i < table.entries(); i++) {
            line(lines, names, files, table.offset());
        }
        if (lines.hasRemaining()) {
            throw refused("has a table of contents that is longer than its members");
        }
        return new Contents(List.copyOf(files), table.offset());
    }

    private Table table() throws IOException {
        long size = file.size();
        int most = (int) Math.min(size, END_BYTES + MOST_COMMENT);
        ByteBuffer tail = bytes(size - most, most);
        for (int at = most - END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == END && (tail.getShort(at + 20) & 0xffff) == most - at - END_BYTES) {
                return table(tail, at, size - most + at);
            }
        }
        throw refused("ends too early, or is none");
    }

    /** @param place of the end's record in the file */
    private Table table(ByteBuffer tail, int at, long place) throws IOException {
        long entries = tail.getShort(at + 10) & 0xffff;
        long bytes = tail.getInt(at + 12) & IN_ZIP64;
        long offset = tail.getInt(at + 16) & IN_ZIP64;
        boolean parts = tail.getShort(at + 4) != 0 || tail.getShort(at + 6) != 0;
        long end = place;
        if (place >= LOCATOR_BYTES + END64_BYTES && locator(place).getInt(0) == LOCATOR) {
            ByteBuffer locator = locator(place);
            end = locator.getLong(8);
            if (end < 0 || end > place - LOCATOR_BYTES - END64_BYTES) {
                throw inconsistent();
            }
            ByteBuffer end64 = bytes(end, END64_BYTES);
            if (end64.getInt(0) != END64 || end64.getLong(4) != place - LOCATOR_BYTES - end - 12) {
                throw inconsistent();
            }
            parts |= end64.getInt(16) != 0 || end64.getInt(20) != 0;
            entries = agreed(entries, IN_ZIP64_SHORT, end64.getLong(32));
            bytes = agreed(bytes, IN_ZIP64, end64.getLong(40));
            offset = agreed(offset, IN_ZIP64, end64.getLong(48));
        } else if (entries == IN_ZIP64_SHORT || bytes == IN_ZIP64 || offset == IN_ZIP64) {
            throw inconsistent();
        }
        if (parts) {
            throw refused("is a part of several, which are not put together");
        }
        if (offset < 0 || bytes < 0 || entries < 0 || bytes > end || offset != end - bytes) {
            throw inconsistent(); // Something before it or between that it knows nothing of.
        }
        return new Table(offset, bytes, entries);
    }

    private ByteBuffer locator(long place) throws IOException {
        return bytes(place - LOCATOR_BYTES, LOCATOR_BYTES);
    }

    /** What both records say, where the old one has room for it. */
    private long agreed(long old, long elsewhere, long now) {
        if (old != elsewhere && old != now) {
            throw inconsistent();
        }
        return now;
    }

    private void line(ByteBuffer lines, MemberNames names, List<ZipMember> files, long table) {
        int at = lines.position();
        if (lines.remaining() < ENTRY_BYTES || lines.getInt(at) != ENTRY) {
            throw inconsistent();
        }
        int nameBytes = lines.getShort(at + 28) & 0xffff;
        int extraBytes = lines.getShort(at + 30) & 0xffff;
        int commentBytes = lines.getShort(at + 32) & 0xffff;
        if (lines.remaining() < ENTRY_BYTES + nameBytes + extraBytes + commentBytes) {
            throw inconsistent();
        }
        String name = text(lines, at + ENTRY_BYTES, nameBytes);
        boolean directory = name.endsWith("/");
        requireKind(name, lines.getInt(at + 38) >>> 16 & KIND, directory);
        if ((lines.getShort(at + 8) & ENCRYPTED) != 0) {
            throw refused("has " + MemberNames.shown(name) + ", which is encrypted");
        }
        Zip64 sizes = new Zip64(lines, at, at + ENTRY_BYTES + nameBytes, extraBytes);
        int method = lines.getShort(at + 10) & 0xffff;
        if (method != STORED && method != DEFLATED) {
            throw refused("has " + MemberNames.shown(name) + ", which is packed by method " + method
                    + "; deflate is the only one that is known here");
        }
        if (sizes.bytes < 0
                || sizes.bytes > MOST_MEMBER
                || sizes.packed < 0
                || sizes.header < 0
                || sizes.packed > table
                || sizes.header > table - sizes.packed
                || (method == STORED && sizes.packed != sizes.bytes)) {
            throw refused("has " + MemberNames.shown(name) + " of a length or at a place that cannot be");
        }
        String path = names.add(name, directory);
        if (directory && sizes.bytes != 0) {
            throw refused("has a directory " + MemberNames.shown(name) + " with bytes of its own");
        }
        if (!directory) {
            long crc = lines.getInt(at + 16) & IN_ZIP64;
            files.add(new ZipMember(path, name, method == DEFLATED, crc, sizes.packed, sizes.bytes, sizes.header));
        }
        lines.position(at + ENTRY_BYTES + nameBytes + extraBytes + commentBytes);
    }

    private void requireKind(String name, int kind, boolean directory) {
        boolean right = kind == 0 || kind == (directory ? KIND_DIRECTORY : KIND_FILE);
        if (!right) {
            String word = kind == KIND_LINK ? "a symbolic link" : "something that is no file";
            throw refused(word + " in it, " + MemberNames.shown(name) + ", is not unpacked");
        }
    }

    /** Sizes of a line, and of those that are all ones what its ZIP64 field says in their place. */
    private final class Zip64 {
        private final long bytes;
        private final long packed;
        private final long header;

        Zip64(ByteBuffer lines, int at, int extra, int extraBytes) {
            long shortBytes = lines.getInt(at + 24) & IN_ZIP64;
            long shortPacked = lines.getInt(at + 20) & IN_ZIP64;
            long shortHeader = lines.getInt(at + 42) & IN_ZIP64;
            ByteBuffer longs = field(lines, extra, extraBytes);
            bytes = shortBytes == IN_ZIP64 ? next(longs) : shortBytes;
            packed = shortPacked == IN_ZIP64 ? next(longs) : shortPacked;
            header = shortHeader == IN_ZIP64 ? next(longs) : shortHeader;
        }

        private ByteBuffer field(ByteBuffer lines, int extra, int extraBytes) {
            for (int at = extra; at + 4 <= extra + extraBytes; ) {
                int length = lines.getShort(at + 2) & 0xffff;
                if (at + 4 + length > extra + extraBytes) {
                    throw inconsistent();
                }
                if ((lines.getShort(at) & 0xffff) == ZIP64_EXTRA) {
                    return lines.slice(at + 4, length).order(ByteOrder.LITTLE_ENDIAN);
                }
                at += 4 + length;
            }
            return ByteBuffer.allocate(0);
        }

        private long next(ByteBuffer longs) {
            if (longs.remaining() < Long.BYTES) {
                throw inconsistent();
            }
            return longs.getLong();
        }
    }

    /** Strictly: two programs must not read two names in it. */
    private String text(ByteBuffer lines, int at, int count) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(lines.slice(at, count))
                    .toString();
        } catch (CharacterCodingException other) {
            throw refused("has a name that is no UTF-8");
        }
    }

    private ByteBuffer bytes(long from, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        FileBytes.fill(file, bytes, from);
        if (bytes.hasRemaining()) {
            throw inconsistent();
        }
        return bytes.flip();
    }

    private HubException inconsistent() {
        return refused("has a table of contents that is not as it must be");
    }

    private HubException refused(String why) {
        return new HubException(Kind.WRONG, "the zip file " + what + " " + why);
    }
}
