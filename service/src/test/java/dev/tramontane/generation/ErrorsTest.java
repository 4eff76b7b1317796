package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.Capacity;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLimits;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ThrowingTokenizer;
import dev.tramontane.fixtures.ThrowingTokenizer.Place;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Whatever is thrown where one thread hands over to another ends that request with one error; the books are even
 * afterwards and a request beside it is as it would be alone.
 */
class ErrorsTest {
    private static final Duration HANG = Duration.ofMinutes(3);
    private static final String CLEAR = "The server failed to prepare the prompt.";

    /** What Reactor would throw past the subscriber, and what it would not. */
    enum Thrown implements Supplier<RuntimeException> {
        OUT_OF_MEMORY,
        STACK_OVERFLOW,
        LINKAGE,
        ASSERTION,
        EXCEPTION;

        @Override
        public RuntimeException get() {
            switch (this) {
                case OUT_OF_MEMORY -> throw new OutOfMemoryError("on purpose");
                case STACK_OVERFLOW -> throw new StackOverflowError("on purpose");
                case LINKAGE -> throw new NoClassDefFoundError("on purpose");
                case ASSERTION -> throw new AssertionError("on purpose");
                case EXCEPTION -> throw new IllegalStateException("on purpose");
            }
            throw new AssertionError("unreachable");
        }
    }

    private final List<AutoCloseable> open = new ArrayList<>();
    private final EngineLoop engine = new EngineLoop(
            FakeModel.of(ByteTokenizer.SIZE, 0),
            new EngineConfig(
                    new EngineConfig.Step(4, 16, 8),
                    new EngineConfig.Cache(4, CacheType.F32, 1L << 30),
                    new EngineConfig.Admission(8, 200, 4, 16, 1 << 16)),
            EngineObserver.NONE,
            System::nanoTime);

    private EngineTextGenerator generator(Engine over, Tokenizer tokenizer) {
        var generator = new EngineTextGenerator(
                "toy", over, tokenizer, new NoLayout("no chats"), new GenerationConfig(1, 4, 1, 16, 4096));
        open.add(generator);
        return generator;
    }

    @AfterEach
    void close() throws Exception {
        engine.close();
        for (AutoCloseable resource : open) {
            resource.close();
        }
    }

    private static GenerationRequest request(String prompt, Map<Integer, Float> bias) {
        return new GenerationRequest(
                new Prompt.Text(prompt),
                2,
                OptionalInt.of(12),
                new StopRules(0, List.of(), false, Set.of(), true),
                Sampling.GREEDY.withBias(bias),
                false,
                1,
                -1);
    }

    private static final GenerationRequest BAD = request("#", Map.of(ThrowingTokenizer.BAD, 100f));
    private static final GenerationRequest MATE = request("mate", Map.of(ThrowingTokenizer.BAD, -100f));

    private static List<GenerationEvent> run(EngineTextGenerator generator, GenerationRequest request) {
        return Objects.requireNonNull(generator.generate(request).collectList().block(HANG));
    }

    /** The text of each choice. */
    private static Map<Integer, String> text(List<GenerationEvent> events) {
        Map<Integer, String> text = new TreeMap<>();
        events.forEach(event -> {
            if (event instanceof GenerationEvent.Delta delta) {
                text.merge(delta.choice(), delta.text(), String::concat);
            }
        });
        return text;
    }

    /** One clear error, even books, and the mate is served, before, beside and after. */
    private void check(EngineTextGenerator generator, GenerationRequest bad, String message) {
        engine.start();
        Map<Integer, String> alone = text(run(generator, MATE));
        var beside = generator.generate(MATE).collectList().toFuture();
        for (int times = 0; times < 3; times++) {
            assertThatThrownBy(() -> generator.generate(bad).collectList().block(HANG))
                    .isInstanceOfSatisfying(
                            GenerationException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(Kind.FAILED))
                    .hasMessage(message);
        }
        Awaitility.await().atMost(HANG).until(() -> {
            EngineStatus books = engine.status();
            return books.queued() + books.running() + books.parked() + books.pagesUsed() + books.pagesReserved() == 0;
        });
        assertThat(text(beside.orTimeout(3, TimeUnit.MINUTES).join())).isEqualTo(alone);
        assertThat(text(run(generator, MATE))).isEqualTo(alone);
        assertThat(engine.status().healthy()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void whileThePromptIsEncoded(Thrown thrown) {
        EngineTextGenerator generator = generator(engine, new ThrowingTokenizer(Place.ENCODE, thrown));
        check(generator, BAD, CLEAR);
        assertThatThrownBy(() -> generator.tokenize(new Prompt.Text("#"), 100).block(HANG))
                .isInstanceOf(GenerationException.class)
                .hasMessage(CLEAR);
    }

    @ParameterizedTest
    @EnumSource
    void whileTokensBecomeText(Thrown thrown) {
        check(
                generator(engine, new ThrowingTokenizer(Place.DECODE, thrown)),
                BAD,
                "The server failed while generating.");
    }

    @ParameterizedTest
    @EnumSource
    void whileTokensAreDescribed(Thrown thrown) {
        check(
                generator(engine, new ThrowingTokenizer(Place.BYTES, thrown)),
                BAD,
                "The server failed while generating.");
    }

    /** The engine takes it or not, and throws. */
    @ParameterizedTest
    @EnumSource
    void whileItIsSubmitted(Thrown thrown) {
        Engine dying = new Engine() {
            @Override
            public List<SequenceHandle> submit(Submission submission, List<? extends SequenceListener> listeners)
                    throws RefusedException {
                if (submission.prompt()[0] == ThrowingTokenizer.BAD) {
                    throw thrown.get();
                }
                return engine.submit(submission, listeners);
            }

            @Override
            public EngineLimits limits() {
                return engine.limits();
            }

            @Override
            public EngineStatus status() {
                return engine.status();
            }

            @Override
            public Capacity capacity() {
                return engine.capacity();
            }

            @Override
            public long nanos() {
                return engine.nanos();
            }

            @Override
            public void close() {
                engine.close();
            }
        };
        check(generator(dying, new ByteTokenizer()), BAD, CLEAR);
    }

    /** A subscriber that throws is told, and its sequences don't stay parked. */
    @ParameterizedTest
    @EnumSource
    void whileEventsAreDelivered(Thrown thrown) {
        EngineTextGenerator generator = generator(engine, new ByteTokenizer());
        engine.start();
        for (int times = 0; times < 3; times++) {
            List<Throwable> errors = new ArrayList<>();
            Object told = new Object();
            generator.generate(BAD).subscribe(new CoreSubscriber<>() {
                @Override
                public void onSubscribe(Subscription subscription) {
                    subscription.request(4);
                }

                @Override
                public void onNext(GenerationEvent event) {
                    throw thrown.get();
                }

                @Override
                public void onError(Throwable error) {
                    synchronized (told) {
                        errors.add(error);
                    }
                }

                @Override
                public void onComplete() {}
            });
            Awaitility.await().atMost(HANG).until(() -> {
                synchronized (told) {
                    return errors.size() == 1;
                }
            });
        }
        Awaitility.await().atMost(HANG).until(() -> engine.status().pagesReserved() == 0);
        assertThat(run(generator, MATE)).isNotEmpty();
    }
}
