package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.PullPlan.PlannedFile;
import dev.tramontane.hub.Ranges.ChangedException;
import dev.tramontane.hub.Ranges.Facts;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One file from its server into a file here, several segments of it at a time, and from where another process left off. What
 * has come is not believed yet.
 */
final class Download {
    private static final int MOST_SEGMENTS = 8192;
    private static final long LOOK_MILLIS = 200;

    private final PlannedFile wanted;
    private final Ranges ranges;
    private final Path part;
    private final Path note;
    private final HubConfig config;
    private final PullListener listener;
    private final AtomicLong present = new AtomicLong();

    /** @param part where it is put; a note beside it says which segments are there */
    Download(PlannedFile wanted, Ranges ranges, Path part, HubConfig config, PullListener listener) {
        this.wanted = wanted;
        this.ranges = ranges;
        this.part = part;
        note = note(part);
        this.config = config;
        this.listener = listener;
    }

    static Path note(Path part) {
        return part.resolveSibling(part.getFileName() + ".json");
    }

    /**
     * Blocks until all is there.
     *
     * @return what the server said of it
     */
    Facts run() throws IOException, InterruptedException {
        if (wanted.bytes() == 0) { // Of nothing no server has a range.
            Files.write(part, new byte[0]);
            return new Facts(0, "", false, "");
        }
        for (int tries = 1; ; tries++) {
            Facts facts = ranges.facts();
            if (facts.bytes() != wanted.bytes()) {
                throw new HubException(
                        Kind.WRONG,
                        ranges.what() + " was said to have " + wanted.bytes() + " bytes, and its server has "
                                + facts.bytes());
            }
            try {
                get(facts);
                listener.at(wanted, wanted.bytes());
                return facts;
            } catch (ChangedException changed) {
                Files.deleteIfExists(note);
                Files.deleteIfExists(part);
                if (tries == 2) {
                    throw new HubException(
                            Kind.WRONG,
                            ranges.what() + " changes at its server while it is fetched; try later",
                            changed);
                }
            }
        }
    }

    private void get(Facts facts) throws IOException, InterruptedException, ChangedException {
        long there = Files.isRegularFile(part) ? Files.size(part) : 0;
        PartState state = PartState.read(note, facts.bytes(), facts.etag())
                .filter(noted -> noted.end() <= there && facts.isKnownAgain(wanted.digest()))
                .orElseGet(() -> begun(facts));
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (!facts.ranges()) {
                Files.deleteIfExists(note);
                together(1, () -> {
                    ranges.fetchWhole(file, facts, present::addAndGet);
                    return null;
                });
            } else {
                state.write();
                present.set(state.present());
                AtomicInteger next = new AtomicInteger();
                together(config.connections(), () -> {
                    for (int i = next.getAndIncrement(); i < state.segments(); i = next.getAndIncrement()) {
                        if (!state.has(i)) {
                            ranges.fetch(file, state.from(i), state.to(i), 0, facts, present::addAndGet);
                            file.force(false); // What is noted is on the disk.
                            state.add(i);
                        }
                    }
                    return null;
                });
            }
            file.truncate(facts.bytes());
            file.force(true);
        }
    }

    private PartState begun(Facts facts) {
        long segment = Math.max(config.segment(), (facts.bytes() + MOST_SEGMENTS - 1) / MOST_SEGMENTS);
        return new PartState(note, facts.bytes(), segment, facts.etag());
    }

    /** Several at the same work, one that fails ending all, while this thread tells how far they are. */
    private void together(int workers, Callable<Void> work) throws IOException, InterruptedException, ChangedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                CompletionService<Void> ends = new ExecutorCompletionService<>(threads);
                for (int i = 0; i < workers; i++) {
                    ends.submit(work);
                }
                for (int ended = 0; ended < workers; ) {
                    Future<Void> end = ends.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                    if (end != null) {
                        end.get();
                        ended++;
                    }
                    listener.at(wanted, present.get());
                }
            } catch (ExecutionException failed) {
                switch (failed.getCause()) {
                    case ChangedException changed -> throw changed;
                    case IOException failure -> throw failure;
                    case RuntimeException failure -> throw failure;
                    case null, default -> throw new IllegalStateException("a download failed", failed.getCause());
                }
            } finally {
                threads.shutdownNow(); // and close waits for them
            }
        }
    }
}
