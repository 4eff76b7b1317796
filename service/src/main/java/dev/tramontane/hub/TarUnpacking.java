package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks a tar file as it comes, and notes again and again how far it is. What is on the disk already is read once more, for
 * the sums, and not written. One thread, once.
 */
final class TarUnpacking {
    private final TarStream in;
    private final TarScratch scratch;
    private final Notes notes;
    private final TarReader reader;
    private final String what;
    private long nextNote;

    /**
     * When it is noted how far it is.
     *
     * @param bytes of the whole tar file
     * @param etag of it at its server
     * @param every so many bytes; {@link Long#MAX_VALUE} for never, where nothing could go on from there
     */
    record Notes(long bytes, String etag, long every) {}

    /**
     * @param scratch opened
     * @param what the tar file is called in messages
     */
    TarUnpacking(TarStream in, TarScratch scratch, Notes notes, String what) {
        this.in = in;
        this.scratch = scratch;
        this.notes = notes;
        this.what = what;
        reader = new TarReader(in, what);
        nextNote = notes.every();
    }

    /** @throws HubException when it is no model, or cannot be what it seems */
    Unpacked run() throws IOException {
        List<StoredFile> files = new ArrayList<>();
        long left = notes.bytes();
        for (TarReader.Member member = reader.next(); member != null; member = reader.next()) {
            left -= member.bytes();
            if (left < 0) {
                throw new HubException(Kind.WRONG, "the tar file " + what + " has more in it than its own length");
            }
            keepBefore(member);
            if (member.directory()) {
                in.memberEnded();
                continue;
            }
            try (MemberFile file = new MemberFile(files.size(), member.bytes())) {
                reader.copy(file);
                in.memberEnded();
                file.noteWhereDue();
                files.add(new StoredFile(member.path(), member.bytes(), file.end()));
            }
        }
        return Unpacked.of(files, "the tar file " + what);
    }

    private void keepBefore(TarReader.Member member) throws IOException {
        byte @Nullable [] piece = in.memberBegins();
        if (piece == null) {
            throw reader.refused("has more to say of a member than is read");
        }
        if (!in.isReplayed()) {
            scratch.add(piece, member.directory() ? TarScratch.DIRECTORY : member.bytes());
        }
    }

    /** A member's bytes: those that are there already are summed only. */
    private final class MemberFile extends OutputStream {
        private final FileChannel file;
        private final MessageDigest sum;
        private long position;

        MemberFile(int number, long bytes) throws IOException {
            file = FileChannel.open(
                    Unpacked.member(scratch.folder(), number), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            sum = Digest.start(Digest.Kind.SHA_256, bytes);
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            sum.update(bytes, offset, length);
            if (!in.isReplayed()) {
                ByteBuffer piece = ByteBuffer.wrap(bytes, offset, length);
                for (long at = position; piece.hasRemaining(); ) {
                    at += file.write(piece, at);
                }
            }
            position += length;
            noteWhereDue();
        }

        /** What is noted is on the disk. */
        void noteWhereDue() throws IOException {
            if (in.isReplayed()) {
                nextNote = in.position() + notes.every();
            } else if (in.position() >= nextNote) {
                file.force(false);
                scratch.note(notes.bytes(), notes.etag(), in.position(), in.sum());
                nextNote = in.position() + notes.every();
            }
        }

        /** @return its SHA-256 */
        String end() throws IOException {
            file.truncate(position); // Where a process wrote more of another one before it was killed.
            file.force(true); // The record that will name it must not outlive a crash that it does not.
            return HexFormat.of().formatHex(sum.digest());
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
