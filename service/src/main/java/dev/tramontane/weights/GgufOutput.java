package dev.tramontane.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A GGUF file being written. It grows under a name of its own beside its target and takes the target's name in one step
 * when it is whole, so nobody ever sees half a model; closing it before that leaves nothing behind.
 *
 * <p>Any thread may write tensors at any time, several at once; {@link #commit} and {@link #close} come from one thread
 * after the writers are done.
 */
public final class GgufOutput implements AutoCloseable {
    private final Path target;
    private final Path partial;
    private final boolean overwrite;
    private final FileChannel channel;
    private final List<GgufDraft.Place> places;
    private final AtomicLongArray written;

    private GgufOutput(
            Path target, Path partial, boolean overwrite, FileChannel channel, List<GgufDraft.Place> places) {
        this.target = target;
        this.partial = partial;
        this.overwrite = overwrite;
        this.channel = channel;
        this.places = places;
        written = new AtomicLongArray(places.size());
    }

    /**
     * Creates the file beside {@code target} and writes its header.
     *
     * @param overwrite whether a file at {@code target} is replaced
     * @throws IOException one sentence: the target is there or no place for a file, or the disk has not enough room
     */
    public static GgufOutput create(Path target, GgufDraft draft, boolean overwrite) throws IOException {
        Path directory = target.toAbsolutePath().getParent();
        if (directory == null || Files.isDirectory(target)) {
            throw new IOException("cannot write " + target + ": it is a directory, expected a file");
        }
        if (!Files.isDirectory(directory)) {
            throw new IOException("cannot write " + target + ": there is no directory " + directory);
        }
        refuseExisting(target, overwrite);
        long room = Files.getFileStore(directory).getUsableSpace();
        if (room < draft.bytes()) {
            throw new IOException("cannot write " + target + ": it takes " + draft.bytes()
                    + " bytes, but the disk has room for " + room + "; make room or name another place");
        }
        Path partial = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
        FileChannel channel;
        try {
            channel = FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException refused) {
            throw new IOException("cannot write in " + directory + ": " + IoReason.of(refused), refused);
        }
        GgufOutput output = new GgufOutput(target, partial, overwrite, channel, draft.places());
        try {
            output.writeAt(ByteBuffer.wrap(draft.header()), 0);
            // The last tensor's padding is part of the file; this also reserves the file's length.
            output.writeAt(ByteBuffer.wrap(new byte[1]), draft.bytes() - 1);
            return output;
        } catch (IOException | RuntimeException failure) {
            output.close();
            throw failure;
        }
    }

    private static void refuseExisting(Path target, boolean overwrite) throws IOException {
        if (!overwrite && Files.exists(target)) {
            throw new FileAlreadyExistsException(target + " is there already");
        }
    }

    /**
     * Writes part of a tensor. The parts of a tensor may come in any order and don't overlap.
     *
     * @param tensor index that {@link GgufDraft#tensor} gave
     * @param offset bytes from the start of the tensor
     * @param data from its position to its limit
     */
    public void write(int tensor, long offset, ByteBuffer data) throws IOException {
        GgufDraft.Place place = places.get(tensor);
        int length = data.remaining();
        if (offset < 0 || offset > place.bytes() - length) {
            throw new IllegalArgumentException(
                    length + " bytes at " + offset + " of " + place.name() + ", which has " + place.bytes());
        }
        writeAt(data, place.offset() + offset);
        written.addAndGet(tensor, length);
    }

    /** Makes the file durable and gives it its name. Every tensor has been written by now. */
    public void commit() throws IOException {
        for (int i = 0; i < places.size(); i++) {
            if (written.get(i) != places.get(i).bytes()) {
                throw new IllegalStateException("tensor " + places.get(i).name() + " has " + written.get(i) + " of "
                        + places.get(i).bytes() + " bytes");
            }
        }
        channel.force(true);
        channel.close();
        refuseExisting(target, overwrite);
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private void writeAt(ByteBuffer data, long position) throws IOException {
        try {
            long at = position;
            while (data.hasRemaining()) {
                at += channel.write(data, at);
            }
        } catch (IOException failed) {
            throw new IOException("cannot write " + target + ": " + IoReason.of(failed), failed);
        }
    }

    /** Deletes what was written, unless it was committed. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(partial);
    }
}
