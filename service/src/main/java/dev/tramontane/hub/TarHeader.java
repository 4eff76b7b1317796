package dev.tramontane.hub;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * The block before a member.
 *
 * @param name with the prefix of ustar
 * @param type the member's letter
 * @param size bytes that follow
 */
record TarHeader(String name, int type, long size) {
    private static final int CHECKSUM = 148;
    private static final byte[] USTAR = {'u', 's', 't', 'a', 'r', 0};
    private static final byte[] GNU = {'u', 's', 't', 'a', 'r', ' '};

    /** More than any disk has: sums of it don't overflow. */
    private static final long MOST = 1L << 50;

    /** @param refusal makes an exception of what is wrong, in words that go on after the file's name */
    static TarHeader read(byte[] block, Function<String, HubException> refusal) {
        byte[] magic = Arrays.copyOfRange(block, 257, 263);
        boolean ustar = Arrays.equals(magic, USTAR);
        if (!ustar && !Arrays.equals(magic, GNU)) {
            throw refusal.apply("has a header that is neither ustar's nor GNU's");
        }
        if (octal(block, CHECKSUM, 8, refusal) != sum(block)) {
            throw refusal.apply("has a header whose sum is wrong");
        }
        String name = text(block, 0, 100);
        String prefix = ustar ? text(block, 345, 155) : "";
        return new TarHeader(prefix.isEmpty() ? name : prefix + "/" + name, block[156] & 0xff, size(block, refusal));
    }

    private static long size(byte[] block, Function<String, HubException> refusal) {
        if ((block[124] & 0x80) == 0) {
            return octal(block, 124, 12, refusal);
        }
        long size = block[124] & 0x7f; // In base 256, as GNU writes what octal digits have no room for.
        for (int i = 125; i < 136; i++) {
            if (size > MOST) {
                break;
            }
            size = size << 8 | (block[i] & 0xff);
        }
        if (size > MOST) {
            throw refusal.apply("has a member of more bytes than there are");
        }
        return size;
    }

    private static long octal(byte[] block, int at, int length, Function<String, HubException> refusal) {
        String digits = text(block, at, length).strip();
        if (!digits.matches("[0-7]{1,12}")) {
            throw refusal.apply("has a header with a number that is none");
        }
        return Long.parseLong(digits, 8);
    }

    /** Up to a NUL; bytes that are no UTF-8 become signs that no path of a model has. */
    private static String text(byte[] block, int at, int length) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return new String(block, at, end - at, StandardCharsets.UTF_8);
    }

    private static long sum(byte[] block) {
        long sum = 0;
        for (int i = 0; i < block.length; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : block[i] & 0xff;
        }
        return sum;
    }
}
