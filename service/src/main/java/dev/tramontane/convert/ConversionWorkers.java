package dev.tramontane.convert;

import dev.tramontane.kernels.KernelContext;
import dev.tramontane.kernels.KernelLibrary;
import dev.tramontane.weights.GgufOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** The threads of a conversion: each takes the next stretch of rows until there are no more. */
final class ConversionWorkers {
    private static final long TELL_MILLIS = 100;

    private final KernelLibrary library;
    private final GgufOutput output;
    private final List<GgufConversion.Stretch> stretches;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicLong done = new AtomicLong();
    private final BooleanSupplier stopped;
    private volatile boolean failed;

    /** @param stopped asked before every stretch, by any thread: true ends the work early */
    ConversionWorkers(
            KernelLibrary library, GgufOutput output, List<GgufConversion.Stretch> stretches, BooleanSupplier stopped) {
        this.library = library;
        this.output = output;
        this.stretches = stretches;
        this.stopped = stopped;
    }

    /** Converts everything; false when it was stopped. The first failure of a worker ends the others and is thrown. */
    boolean run(int threads, KernelContext.Progress progress) throws IOException, InterruptedException {
        long total = stretches.stream()
                .mapToLong(stretch -> stretch.output()
                        .type()
                        .bytes(stretch.rows(), stretch.source().columns()))
                .sum();
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("convert-", 0).factory())) {
            try {
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    workers.add(pool.submit(this::work));
                }
                for (Future<?> worker : workers) {
                    while (!finished(worker)) {
                        progress.at(done.get(), total);
                    }
                }
            } catch (IOException | InterruptedException | RuntimeException | Error failure) {
                failed = true; // closing the pool waits for the others
                throw failure;
            }
        }
        progress.at(done.get(), total);
        return done.get() == total;
    }

    private static boolean finished(Future<?> worker) throws IOException, InterruptedException {
        try {
            worker.get(TELL_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException running) {
            return false;
        } catch (ExecutionException failure) {
            switch (failure.getCause()) {
                case UncheckedIOException unwritten -> throw unwritten.getCause();
                case RuntimeException fault -> throw fault;
                case Error fault -> throw fault;
                case null, default -> throw new IllegalStateException("a conversion worker failed", failure);
            }
        }
    }

    private void work() {
        RowConverter converter = new RowConverter(library);
        for (int at = next.getAndIncrement(); at < stretches.size(); at = next.getAndIncrement()) {
            if (failed || stopped.getAsBoolean()) {
                return;
            }
            GgufConversion.Stretch stretch = stretches.get(at);
            ByteBuffer bytes = converter.convert(
                    stretch.source(),
                    stretch.output().order(),
                    stretch.output().type(),
                    stretch.from(),
                    stretch.rows());
            int length = bytes.remaining();
            try {
                output.write(stretch.tensor(), stretch.offset(), bytes);
            } catch (IOException unwritten) {
                throw new UncheckedIOException(unwritten);
            }
            done.addAndGet(length);
        }
    }
}
