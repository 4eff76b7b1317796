package dev.tramontane.hub;

import dev.tramontane.files.FileBytes;
import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks a zip file that has come, by its table of contents: no member gives a byte more or less than that says, none shares
 * bytes with another, and each has the sum that stands there. One thread.
 */
final class ZipUnpacking {
    private static final int HEADER = 0x04034b50;
    private static final int HEADER_BYTES = 30;

    /** Its sum and lengths stand behind it. */
    private static final int BEHIND = 8;

    private static final int IN_ZIP64 = -1;
    private static final int BUFFER = 1 << 18;

    /** All members together have at most so many times the zip file's own bytes, and so many more: weights hardly get smaller. */
    private static final int MOST_TIMES = 16;

    private static final long MOST_MORE = 64L << 20;

    private final FileChannel file;
    private final String what;
    private final ZipDirectory.Contents contents;

    /**
     * Reads the table of contents.
     *
     * @param what the zip file is called in messages
     * @throws HubException when it cannot be what it seems
     */
    ZipUnpacking(FileChannel file, String what) throws IOException {
        this.file = file;
        this.what = what;
        contents = new ZipDirectory(file, what).read();
        if (bytes() > MOST_TIMES * file.size() + MOST_MORE) {
            throw refused("would be " + bytes() + " bytes unpacked, which is more than " + MOST_TIMES
                    + " times its own length");
        }
    }

    /** Bytes of all members together. */
    long bytes() {
        return contents.files().stream().mapToLong(ZipMember::bytes).sum();
    }

    /** Hears how much is unpacked. */
    @FunctionalInterface
    interface Progress {
        void at(long packed);
    }

    /** Its files, in the order of the table of contents. */
    List<ZipMember> members() {
        return contents.files();
    }

    /**
     * Unpacks.
     *
     * @param scratch opened; hears of each member that is whole
     * @param whole the first members, which are there already
     * @param progress how many of the zip file's bytes are read, again and again
     */
    Unpacked into(ZipScratch scratch, List<StoredFile> whole, Progress progress) throws IOException {
        List<Stretch> stretches = new ArrayList<>();
        for (ZipMember member : contents.files()) {
            stretches.add(new Stretch(member, begin(member)));
        }
        requireApart(stretches);
        List<StoredFile> files = new ArrayList<>(whole);
        for (Stretch stretch : stretches.subList(whole.size(), stretches.size())) {
            String sum = unpacked(stretch, Unpacked.member(scratch.folder(), files.size()), progress);
            scratch.add(sum);
            files.add(new StoredFile(stretch.member().path(), stretch.member().bytes(), sum));
        }
        return Unpacked.of(files, "the zip file " + what);
    }

    /** @return its SHA-256 */
    private String unpacked(Stretch stretch, Path target, Progress progress) throws IOException {
        try (FileChannel out = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            Output output = new Output(out, stretch.member());
            unpack(stretch, output, progress);
            String sum = output.end();
            out.force(true); // The note and the record that will name it must not outlive a crash that it does not.
            return sum;
        }
    }

    /** @param from where its bytes begin */
    private record Stretch(ZipMember member, long from) {}

    /** Where a member's bytes begin; its own header says what the table does. */
    private long begin(ZipMember member) throws IOException {
        ByteBuffer header = bytes(member.header(), HEADER_BYTES);
        int nameBytes = header.getShort(26) & 0xffff;
        ByteBuffer name = bytes(member.header() + HEADER_BYTES, nameBytes);
        boolean behind = (header.getShort(6) & BEHIND) != 0;
        boolean same = header.getInt(0) == HEADER
                && StandardCharsets.UTF_8.decode(name).toString().equals(member.name())
                && (header.getShort(8) == 8) == member.deflated()
                && (behind || header.getInt(14) == (int) member.crc())
                && isSize(header.getInt(18), member.packed(), behind)
                && isSize(header.getInt(22), member.bytes(), behind);
        long from = member.header() + HEADER_BYTES + nameBytes + (header.getShort(28) & 0xffff);
        if (!same || from + member.packed() > contents.table()) {
            throw refused("says other things of " + MemberNames.shown(member.name())
                    + " at its place than in its table of contents");
        }
        return from;
    }

    private static boolean isSize(int said, long size, boolean behind) {
        return said == (int) size || said == IN_ZIP64 || (behind && said == 0);
    }

    /** One byte that many members have is a bomb. */
    private void requireApart(List<Stretch> stretches) {
        List<Stretch> sorted = new ArrayList<>(stretches);
        sorted.sort(Comparator.comparingLong(stretch -> stretch.member().header()));
        long end = 0;
        for (Stretch stretch : sorted) {
            if (stretch.member().header() < end) {
                throw refused("has bytes that belong to several members, "
                        + MemberNames.shown(stretch.member().name()) + " among them");
            }
            end = stretch.from() + stretch.member().packed();
        }
    }

    private void unpack(Stretch stretch, Output output, Progress progress) throws IOException {
        long at = stretch.from();
        long end = at + stretch.member().packed();
        Inflater inflater = new Inflater(true);
        try {
            byte[] inflated = new byte[BUFFER];
            while (at < end) {
                ByteBuffer packed = bytes(at, (int) Math.min(BUFFER, end - at));
                at += packed.remaining();
                if (stretch.member().deflated()) {
                    inflater.setInput(packed);
                    inflate(inflater, inflated, output);
                } else {
                    output.add(packed);
                }
                progress.at(at);
            }
            boolean whole = !stretch.member().deflated()
                    || (inflater.finished()
                            && inflater.getBytesRead() == stretch.member().packed());
            if (!whole) {
                throw damaged(stretch.member());
            }
        } catch (DataFormatException wrong) {
            throw (HubException) damaged(stretch.member()).initCause(wrong);
        } finally {
            inflater.end();
        }
    }

    private static void inflate(Inflater inflater, byte[] inflated, Output output)
            throws DataFormatException, IOException {
        while (!inflater.finished() && !inflater.needsDictionary()) {
            int count = inflater.inflate(inflated);
            if (count == 0) {
                return; // It wants more.
            }
            output.add(ByteBuffer.wrap(inflated, 0, count));
        }
    }

    /** A member's bytes: so many, of that sum. */
    private final class Output {
        private final FileChannel out;
        private final ZipMember member;
        private final CRC32 crc = new CRC32();
        private final MessageDigest sum;
        private long written;

        Output(FileChannel out, ZipMember member) {
            this.out = out;
            this.member = member;
            sum = Digest.start(Digest.Kind.SHA_256, member.bytes());
        }

        void add(ByteBuffer bytes) throws IOException {
            written += bytes.remaining();
            if (written > member.bytes()) {
                throw refused("has more in " + MemberNames.shown(member.name()) + " than it says");
            }
            crc.update(bytes.duplicate());
            sum.update(bytes.duplicate());
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }

        /** @return its SHA-256 */
        String end() {
            if (written != member.bytes() || crc.getValue() != member.crc()) {
                throw damaged(member);
            }
            return HexFormat.of().formatHex(sum.digest());
        }
    }

    private ByteBuffer bytes(long from, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        FileBytes.fill(file, bytes, from);
        if (bytes.hasRemaining()) {
            throw refused("ends too early");
        }
        return bytes.flip();
    }

    private HubException damaged(ZipMember member) {
        return refused("is damaged: " + MemberNames.shown(member.name()) + " is not what its table of contents says");
    }

    private HubException refused(String why) {
        return new HubException(Kind.WRONG, "the zip file " + what + " " + why);
    }
}
