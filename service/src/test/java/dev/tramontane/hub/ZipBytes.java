package dev.tramontane.hub;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Zip files as tests want them, also such as no program writes: what a member says of itself is set before it is written. */
final class ZipBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Member> members = new ArrayList<>();
    private int entries = -1;
    private int disk;
    private boolean zip64;
    private String comment = "";

    /** A member, as its own header and its line in the table have it. */
    static final class Member {
        private final byte[] name;
        private byte[] packed;
        String atItsPlace;
        long crc;
        long packedBytes;
        long bytes;
        int method;
        int flags;
        int mode;
        int header;
        boolean zip64;
        byte[] extra = {};

        private Member(String name, byte[] bytes, boolean deflated) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
            atItsPlace = name;
            CRC32 sum = new CRC32();
            sum.update(bytes);
            crc = sum.getValue();
            this.bytes = bytes.length;
            packed = deflated ? deflate(bytes) : bytes;
            packedBytes = packed.length;
            method = deflated ? 8 : 0;
        }

        /** Its bytes in the file; what it says of them stays. */
        Member packed(byte[] other) {
            packed = other;
            return this;
        }
    }

    /** Changes what a member says of itself. */
    interface Change {
        void to(Member member);
    }

    static byte[] deflate(byte[] bytes) {
        Deflater deflater = new Deflater(9, true);
        deflater.setInput(bytes);
        deflater.finish();
        byte[] packed = new byte[bytes.length + bytes.length / 1000 + 64];
        int count = deflater.deflate(packed);
        deflater.end();
        return Arrays.copyOf(packed, count);
    }

    ZipBytes file(String name, byte[] bytes) {
        return member(name, bytes, false, member -> {});
    }

    ZipBytes directory(String name) {
        return member(name, new byte[0], false, member -> member.mode = 0x41ed);
    }

    ZipBytes member(String name, byte[] bytes, boolean deflated, Change change) {
        Member member = new Member(name, bytes, deflated);
        member.header = out.size();
        change.to(member);
        boolean behind = (member.flags & 8) != 0;
        byte[] local = member.atItsPlace.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(little(30)
                .putInt(0x04034b50)
                .putShort((short) 20)
                .putShort((short) member.flags)
                .putShort((short) member.method)
                .putInt(0)
                .putInt(behind ? 0 : (int) member.crc)
                .putInt(behind ? 0 : member.zip64 ? -1 : (int) member.packedBytes)
                .putInt(behind ? 0 : member.zip64 ? -1 : (int) member.bytes)
                .putShort((short) local.length)
                .putShort((short) 0)
                .array());
        out.writeBytes(local);
        out.writeBytes(member.packed);
        if (behind) {
            out.writeBytes(little(16)
                    .putInt(0x08074b50)
                    .putInt((int) member.crc)
                    .putInt((int) member.packedBytes)
                    .putInt((int) member.bytes)
                    .array());
        }
        members.add(member);
        return this;
    }

    ZipBytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** What the end says in place of the number of members. */
    ZipBytes entries(int other) {
        entries = other;
        return this;
    }

    ZipBytes disk(int number) {
        disk = number;
        return this;
    }

    ZipBytes comment(String words) {
        comment = words;
        return this;
    }

    /** With a second end, and only all ones in the first. */
    ZipBytes zip64() {
        zip64 = true;
        return this;
    }

    /** Without an end. */
    byte[] cut() {
        return out.toByteArray();
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] whole() {
        int table = out.size();
        members.forEach(this::line);
        int bytes = out.size() - table;
        int count = entries < 0 ? members.size() : entries;
        if (zip64) {
            int end = out.size();
            out.writeBytes(little(56)
                    .putInt(0x06064b50)
                    .putLong(44)
                    .putShort((short) 45)
                    .putShort((short) 45)
                    .putInt(0)
                    .putInt(0)
                    .putLong(count)
                    .putLong(count)
                    .putLong(bytes)
                    .putLong(table)
                    .array());
            out.writeBytes(little(20)
                    .putInt(0x07064b50)
                    .putInt(0)
                    .putLong(end)
                    .putInt(1)
                    .array());
        }
        byte[] words = comment.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(little(22)
                .putInt(0x06054b50)
                .putShort((short) disk)
                .putShort((short) disk)
                .putShort((short) (zip64 ? -1 : count))
                .putShort((short) (zip64 ? -1 : count))
                .putInt(zip64 ? -1 : bytes)
                .putInt(zip64 ? -1 : table)
                .putShort((short) words.length)
                .array());
        out.writeBytes(words);
        return out.toByteArray();
    }

    private void line(Member member) {
        byte[] extra = member.extra;
        if (member.zip64) {
            extra = little(28)
                    .putShort((short) 1)
                    .putShort((short) 24)
                    .putLong(member.bytes)
                    .putLong(member.packedBytes)
                    .putLong(member.header)
                    .array();
        }
        out.writeBytes(little(46)
                .putInt(0x02014b50)
                .putShort((short) 0x031e)
                .putShort((short) 20)
                .putShort((short) member.flags)
                .putShort((short) member.method)
                .putInt(0)
                .putInt((int) member.crc)
                .putInt(member.zip64 ? -1 : (int) member.packedBytes)
                .putInt(member.zip64 ? -1 : (int) member.bytes)
                .putShort((short) member.name.length)
                .putShort((short) extra.length)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(member.mode << 16)
                .putInt(member.zip64 ? -1 : member.header)
                .array());
        out.writeBytes(member.name);
        out.writeBytes(extra);
    }
}
