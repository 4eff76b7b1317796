package dev.tramontane.app;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.TextGenerator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.SignalType;

/**
 * One answer as it streams: every piece of text goes to the sink at once. The sink runs on a delivery thread; {@link
 * #await} is called by the thread that started it, {@link #cancel} by any.
 */
final class Answer extends BaseSubscriber<GenerationEvent> {
    /** Events in flight: enough that the model never waits for a terminal that keeps up. */
    private static final int AHEAD = 64;

    private final Consumer<String> sink;
    private final StringBuilder text = new StringBuilder();
    private final CountDownLatch done = new CountDownLatch(1);
    private final long start = System.nanoTime();
    private long firstDelta;
    private long lastDelta;
    private GenerationEvent.@Nullable Finished finished;
    private @Nullable Throwable failure;

    Answer(Consumer<String> sink) {
        this.sink = sink;
    }

    /** Starts to generate. Nothing blocks. */
    static Answer start(TextGenerator generator, GenerationRequest request, Consumer<String> sink) {
        Answer answer = new Answer(sink);
        generator.generate(request).limitRate(AHEAD).subscribe(answer);
        return answer;
    }

    /**
     * Waits for the end, or for {@link #cancel}.
     *
     * @throws dev.tramontane.generation.GenerationException when it failed or was refused
     */
    void await() throws InterruptedException {
        done.await();
        switch (failure) {
            case null -> {}
            case RuntimeException known -> throw known;
            default -> throw new IllegalStateException("the answer failed", failure);
        }
    }

    /** The text so far; whole once {@link #await} has returned. */
    String text() {
        return text.toString();
    }

    /** How it ended; empty when it was cancelled. */
    Optional<GenerationEvent.Finished> finished() {
        return Optional.ofNullable(finished);
    }

    /** Counts and rates for people; empty when it was cancelled. */
    Optional<String> statistics() {
        return finished().map(end -> {
            GenerationEvent.Usage usage = end.usage();
            double seconds = (lastDelta - firstDelta) / 1e9;
            String rate = usage.completionTokens() > 1 && seconds > 0
                    ? String.format(Locale.ROOT, ", %.1f tokens/s", (usage.completionTokens() - 1) / seconds)
                    : "";
            return String.format(
                    Locale.ROOT,
                    "%s, first token after %.0f ms, %s%s, ended by %s",
                    Units.count(usage.promptTokens(), "prompt token"),
                    (firstDelta - start) / 1e6,
                    Units.count(usage.completionTokens(), "token"),
                    rate,
                    end.reason().name().toLowerCase(Locale.ROOT));
        });
    }

    @Override
    protected void hookOnNext(GenerationEvent event) {
        switch (event) {
            case GenerationEvent.Delta delta -> {
                lastDelta = System.nanoTime();
                if (firstDelta == 0) {
                    firstDelta = lastDelta;
                }
                text.append(delta.text());
                if (!delta.text().isEmpty()) {
                    sink.accept(delta.text());
                }
            }
            case GenerationEvent.Finished end -> finished = end;
            case GenerationEvent.Accepted accepted -> {}
            case GenerationEvent.Scored scored -> {}
        }
    }

    @Override
    protected void hookOnError(Throwable thrown) {
        failure = thrown;
    }

    @Override
    protected void hookFinally(SignalType end) {
        done.countDown();
    }
}
