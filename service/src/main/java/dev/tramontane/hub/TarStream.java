package dev.tramontane.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A tar file from its first byte to its last: what is on the disk already, compared with the sum that was noted of it, and behind
 * it what comes. All of it is summed, and what stands between members is kept until it is asked for. One thread.
 */
class TarStream extends PieceStream {
    /** Bytes between two members: names take some hundreds. */
    private static final int MOST_BETWEEN = 1 << 20;

    private final InputStream coming;
    private final TarScratch.@Nullable Noted noted;
    private final MessageDigest sum;
    private final ByteArrayOutputStream between = new ByteArrayOutputStream();
    private @Nullable InputStream replay;
    private boolean inMember;
    private boolean overflowed;
    private boolean replayed;
    private long position;

    /** What is on the disk is not what was noted of it. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Both streams are closed with this one.
     *
     * @param replay the first {@code noted.offset()} bytes; null where nothing is there
     * @param noted what they must be; null where nothing is there
     * @param coming what stands behind them
     * @param bytes of the whole
     */
    TarStream(@Nullable InputStream replay, TarScratch.@Nullable Noted noted, InputStream coming, long bytes) {
        this.replay = replay;
        this.noted = noted;
        this.coming = coming;
        sum = Digest.start(Digest.Kind.SHA_256, bytes);
    }

    /** Bytes that were read. */
    long position() {
        return position;
    }

    /** SHA-256 of what was read. */
    String sum() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) sum.clone()).digest());
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException("the JDK's digests can be cloned", impossible);
        }
    }

    /** Whether what was read last lay on the disk already. */
    boolean isReplayed() {
        return replayed;
    }

    /** Whether there is more on the disk that was not compared yet. */
    boolean isReplaying() {
        return replay != null;
    }

    /**
     * What stood before the member that begins here; its own bytes are not kept, until {@link #memberEnded}.
     *
     * @return null where that was too much to be kept
     */
    byte @Nullable [] memberBegins() {
        if (overflowed) {
            return null;
        }
        byte[] piece = between.toByteArray();
        between.reset();
        inMember = true;
        return piece;
    }

    void memberEnded() {
        inMember = false;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int read = -1;
        if (replay != null) {
            read = replay.read(bytes, offset, length);
            replayed = true;
            if (read < 0) {
                compare();
            }
        }
        if (read < 0) {
            read = coming.read(bytes, offset, length);
            replayed = false;
        }
        if (read > 0) {
            sum.update(bytes, offset, read);
            position += read;
            if (!inMember) {
                keep(bytes, offset, read);
            }
        }
        return read;
    }

    /** Behind the last member there may be as much as one likes, and nobody asks for it. */
    private void keep(byte[] bytes, int offset, int count) {
        overflowed |= between.size() + count > MOST_BETWEEN;
        if (!overflowed) {
            between.write(bytes, offset, count);
        }
    }

    private void compare() throws IOException {
        InputStream ended = replay;
        TarScratch.Noted wanted = noted;
        if (ended == null || wanted == null) {
            throw new IllegalStateException("nothing is compared twice");
        }
        if (position != wanted.offset() || !sum().equals(wanted.sha256())) {
            throw new DamagedException();
        }
        ended.close();
        replay = null;
    }

    @Override
    public void close() throws IOException {
        try (coming) {
            if (replay != null) {
                replay.close();
            }
        }
    }
}
