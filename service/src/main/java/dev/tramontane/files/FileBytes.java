package dev.tramontane.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/** What readers and writers of binary files do with bytes. */
public final class FileBytes {
    private FileBytes() {}

    /** Reads into the buffer, as far as the file goes. */
    public static void fill(FileChannel file, ByteBuffer into, long from) throws IOException {
        long at = from;
        while (into.hasRemaining()) {
            int count = file.read(into, at);
            if (count < 0) {
                return;
            }
            at += count;
        }
    }

    /** The first bytes of a file, as many as there are up to so many, from position 0. */
    public static ByteBuffer head(FileChannel file, int most) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(most);
        fill(file, head, 0);
        return head.flip();
    }

    /** A copy; the buffer's position stays. */
    public static byte[] copy(ByteBuffer from, int at, int count) {
        byte[] bytes = new byte[count];
        from.get(at, bytes);
        return bytes;
    }

    /** CRC-32C of what stands from position to limit; both stay. */
    public static int checksum(ByteBuffer of) {
        CRC32C sum = new CRC32C();
        sum.update(of.duplicate());
        return (int) sum.getValue();
    }
}
