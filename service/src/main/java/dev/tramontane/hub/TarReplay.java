package dev.tramontane.hub;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The stretch of a tar file that a {@link TarScratch} has, byte by byte as it came. It ends early where a piece is missing: whoever
 * reads it compares its length and sum with the note's. One thread.
 */
final class TarReplay extends PieceStream {
    private final Path folder;
    private final DataInputStream between;
    private long left;
    private long inPiece;
    private long inMember;
    private int members;
    private @Nullable InputStream member;

    TarReplay(Path folder, TarScratch.Noted noted) throws IOException {
        this.folder = folder;
        between = new DataInputStream(new BufferedInputStream(Files.newInputStream(TarScratch.between(folder))));
        left = noted.offset();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        try {
            while (left > 0) {
                if (inPiece == 0 && inMember == 0) {
                    next();
                    continue;
                }
                InputStream from = inPiece > 0 ? between : member();
                long most = Math.min(left, inPiece > 0 ? inPiece : inMember);
                int read = from.read(bytes, offset, (int) Math.min(length, most));
                if (read < 0) {
                    return -1;
                }
                if (inPiece > 0) {
                    inPiece -= read;
                } else {
                    inMember -= read;
                }
                left -= read;
                return read;
            }
            return -1;
        } catch (EOFException | NoSuchFileException missing) {
            return -1;
        }
    }

    private void next() throws IOException {
        if (member != null) {
            member.close();
            member = null;
        }
        inPiece = between.readInt();
        long bytes = between.readLong();
        if (inPiece < 0 || bytes < TarScratch.DIRECTORY) {
            throw new EOFException(); // No piece begins so.
        }
        inMember = Math.max(0, bytes);
        members += bytes == TarScratch.DIRECTORY ? 0 : 1;
    }

    private InputStream member() throws IOException {
        InputStream opened = member;
        if (opened == null) {
            opened = Files.newInputStream(Unpacked.member(folder, members - 1));
            member = opened;
        }
        return opened;
    }

    @Override
    public void close() throws IOException {
        try (between) {
            if (member != null) {
                member.close();
            }
        }
    }
}
