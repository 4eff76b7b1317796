package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.Ranges.ChangedException;
import dev.tramontane.hub.Ranges.Facts;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A file at its server, read up to its end: the next segments come meanwhile, each into a file that goes when it
 * is read. One thread reads.
 */
final class RangeStream extends PieceStream {
    private final Ranges ranges;
    private final Facts facts;
    private final Path scratch;
    private final HubConfig config;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<Future<Path>> coming = new ArrayDeque<>();
    private @Nullable InputStream here;
    private @Nullable Path file;
    private long asked;

    /**
     * @param from of which byte it is read
     * @param scratch an empty directory
     */
    RangeStream(Ranges ranges, Facts facts, long from, Path scratch, HubConfig config) {
        this.ranges = ranges;
        this.facts = facts;
        this.scratch = scratch;
        this.config = config;
        asked = from;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (true) {
            if (here != null) {
                int read = here.read(bytes, offset, length);
                if (read > 0) {
                    return read;
                }
            }
            if (!open()) {
                return -1;
            }
        }
    }

    /** The next segment; false behind the last. */
    private boolean open() throws IOException {
        drop();
        while (asked < facts.bytes() && coming.size() < config.connections()) {
            long from = asked;
            long to = Math.min(facts.bytes(), from + config.segment());
            coming.add(threads.submit(() -> fetch(from, to)));
            asked = to;
        }
        Future<Path> next = coming.poll();
        if (next == null) {
            return false;
        }
        try {
            file = next.get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("the pull was ended").initCause(interrupted);
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case ChangedException changed ->
                    throw new HubException(
                            Kind.WRONG,
                            ranges.what() + " changes at its server while it is fetched; try later",
                            changed);
                case null, default -> throw new IllegalStateException("a download failed", failed.getCause());
            }
        }
        here = Files.newInputStream(file);
        return true;
    }

    private Path fetch(long from, long to) throws IOException, InterruptedException, ChangedException {
        Path into = scratch.resolve("at-" + from);
        try (FileChannel channel = FileChannel.open(into, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ranges.fetch(channel, from, to, -from, facts, count -> {});
        }
        return into;
    }

    private void drop() throws IOException {
        if (here != null && file != null) {
            here.close();
            Files.deleteIfExists(file);
            here = null;
        }
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        threads.close();
        drop();
    }
}
