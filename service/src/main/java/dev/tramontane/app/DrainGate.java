package dev.tramontane.app;

import dev.tramontane.engine.Capacity;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Counts the generations under way and, once it is closed, lets no new one begin: of whatever model, whatever protocol they come by,
 * and wherever they are between tokenizer and last token. Any thread.
 */
final class DrainGate {
    private final LongSupplier clock;
    private int underWay;
    private boolean closed;
    private long endNanos;

    /** @param nanoClock monotonic nanoseconds */
    DrainGate(LongSupplier nanoClock) {
        clock = nanoClock;
    }

    /** The same generator, whose generations are counted and refused. */
    TextGenerator through(TextGenerator generator) {
        return new Gated(generator);
    }

    /** The same work, counted and refused as a generation is. */
    Mono<Void> through(Mono<Void> work) {
        return counted(work::flux).then();
    }

    private <T> Flux<T> counted(Supplier<Flux<T>> work) {
        return Flux.defer(() -> enter()
                ? work.get().doFinally(end -> leave())
                : Flux.error(new GenerationException(
                        GenerationException.Kind.UNAVAILABLE,
                        "The server is shutting down and takes no new requests. Ask another one, or again later.",
                        "",
                        secondsLeft())));
    }

    private final class Gated implements TextGenerator {
        private final TextGenerator generator;

        Gated(TextGenerator generator) {
            this.generator = generator;
        }

        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return counted(() -> generator.generate(request));
        }

        /** Costs no more than a moment, so closing does not matter. */
        @Override
        public Mono<int[]> tokenize(Prompt prompt, int mostTokens) {
            return generator.tokenize(prompt, mostTokens);
        }

        @Override
        public Mono<String> detokenize(int[] ids) {
            return generator.detokenize(ids);
        }

        @Override
        public String piece(int id) {
            return generator.piece(id);
        }

        @Override
        public Capacity capacity() {
            return generator.capacity();
        }

        @Override
        public String model() {
            return generator.model();
        }

        @Override
        public ModelProfile profile() {
            return generator.profile();
        }
    }

    /**
     * Refuses new generations from now on.
     *
     * @param limit for those under way; nobody is to come back before it is over
     */
    synchronized void close(Duration limit) {
        closed = true;
        endNanos = clock.getAsLong() + limit.toNanos();
        notifyAll();
    }

    /** At least 1: the server is not there again in the moment in which it ends. */
    private synchronized int secondsLeft() {
        return Math.clamp(Math.ceilDiv(endNanos - clock.getAsLong(), 1_000_000_000L), 1, Integer.MAX_VALUE);
    }

    /** Generations that have begun and not ended. */
    synchronized int underWay() {
        return underWay;
    }

    /** Waits until none is under way, or the time is over; returns how many are left. */
    synchronized int awaitIdle(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (underWay > 0) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                break;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return underWay;
    }

    private synchronized boolean enter() {
        if (closed) {
            return false;
        }
        underWay++;
        return true;
    }

    private synchronized void leave() {
        underWay--;
        notifyAll();
    }
}
