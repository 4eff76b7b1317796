package dev.tramontane.hub;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** Tar files as tests want them, also such as no program writes. */
final class TarFile {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    TarFile file(String name, byte[] bytes) {
        return member(name, '0', "", bytes);
    }

    TarFile directory(String name) {
        return member(name, '5', "", new byte[0]);
    }

    TarFile link(String name, char type, String target) {
        return member(name, type, target, new byte[0]);
    }

    /** A record of pax before the next member: of the file ('x') or of all ('g'). */
    TarFile pax(char type, String key, String value) {
        String rest = " " + key + "=" + value + "\n";
        int bytes = rest.getBytes(StandardCharsets.UTF_8).length;
        int length = bytes + 1;
        while (length != bytes + Integer.toString(length).length()) {
            length = bytes + Integer.toString(length).length();
        }
        return member("PaxHeaders/x", type, "", (length + rest).getBytes(StandardCharsets.UTF_8));
    }

    TarFile longName(String name) {
        return member("././@LongLink", 'L', "", (name + "\0").getBytes(StandardCharsets.UTF_8));
    }

    TarFile member(String name, char type, String target, byte[] bytes) {
        out.writeBytes(header(name, type, target, String.format(Locale.ROOT, "%011o", bytes.length)));
        return raw(bytes).raw(new byte[(512 - bytes.length % 512) % 512]);
    }

    TarFile raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    static byte[] header(String name, char type, String target, String size) {
        byte[] block = new byte[512];
        put(block, 0, name);
        put(block, 100, "0000644\0");
        put(block, 108, "0000000\0");
        put(block, 116, "0000000\0");
        put(block, 124, size);
        put(block, 136, "00000000000\0");
        block[156] = (byte) type;
        put(block, 157, target);
        put(block, 257, "ustar\0" + "00");
        return summed(block);
    }

    /** Writes the sum anew. */
    static byte[] summed(byte[] block) {
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte value : block) {
            sum += value & 0xff;
        }
        put(block, 148, String.format(Locale.ROOT, "%06o\0 ", sum));
        return block;
    }

    private static void put(byte[] block, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    /** With its end. */
    byte[] whole() {
        return raw(new byte[1024]).cut();
    }

    /** Without one. */
    byte[] cut() {
        return out.toByteArray();
    }
}
