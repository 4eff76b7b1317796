package dev.tramontane.measure;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** How long it takes to read files, by several threads that take one piece after the other, as weights are read. */
public final class FileReads {
    private static final int PIECE = 4 << 20;
    private static final int LEAST_PIECE = 64 << 10;

    private record Piece(FileChannel from, long at, int bytes) {}

    private FileReads() {}

    /**
     * Reads all of them, to nowhere. Blocks as long as that takes.
     *
     * @param threads at least 1
     * @param clock monotonic nanoseconds
     * @param stopped asked between pieces; ends it, and what comes back says nothing
     * @return nanoseconds that it took
     * @throws IOException when one of them cannot be read to its end
     */
    public static long nanos(List<Path> files, int threads, LongSupplier clock, BooleanSupplier stopped)
            throws IOException {
        List<FileChannel> open = new ArrayList<>();
        int piece = piece(threads, Runtime.getRuntime().maxMemory());
        try {
            List<Piece> pieces = new ArrayList<>();
            for (Path file : files) {
                FileChannel channel = FileChannel.open(file);
                open.add(channel);
                long size = channel.size();
                for (long at = 0; at < size; at += piece) {
                    pieces.add(new Piece(channel, at, (int) Math.min(piece, size - at)));
                }
            }
            return nanosOf(pieces, piece, threads, clock, stopped);
        } finally {
            for (FileChannel channel : open) {
                channel.close();
            }
        }
    }

    /**
     * Bytes that each thread reads at a time: their room counts against what the JVM allows beside its heap, which is as much as the
     * heap's most, and others need some of it.
     */
    static int piece(int threads, long most) {
        return Math.clamp(most / 4 / threads, LEAST_PIECE, PIECE);
    }

    private static long nanosOf(List<Piece> pieces, int piece, int threads, LongSupplier clock, BooleanSupplier stopped)
            throws IOException {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService readers = Executors.newFixedThreadPool(threads)) {
            long begun = clock.getAsLong();
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(readers.submit(() -> {
                    ByteBuffer room = ByteBuffer.allocateDirect(piece);
                    for (int mine = next.getAndIncrement();
                            mine < pieces.size() && !stopped.getAsBoolean();
                            mine = next.getAndIncrement()) {
                        read(pieces.get(mine), room);
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                await(each);
            }
            return clock.getAsLong() - begun;
        }
    }

    private static void await(Future<?> reader) throws IOException {
        try {
            reader.get();
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException unreadable -> throw unreadable;
                case Error error -> throw error; // No file's fault.
                case null, default -> throw new IllegalStateException("a file was not read", failed.getCause());
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new IOException("the reading of files was interrupted", ended);
        }
    }

    private static void read(Piece piece, ByteBuffer room) throws IOException {
        room.clear().limit(piece.bytes());
        while (room.hasRemaining()) {
            if (piece.from().read(room, piece.at() + room.position()) < 0) {
                throw new EOFException("it has become shorter");
            }
        }
    }
}
