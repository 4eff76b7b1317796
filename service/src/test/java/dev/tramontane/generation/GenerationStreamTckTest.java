package dev.tramontane.generation;

import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.StreamsTck;
import dev.tramontane.model.Sampling;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on the stream of a generation, over an engine that runs by itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GenerationStreamTckTest {
    /** A guard against hanging. */
    private static final long PATIENCE_MILLIS = 20_000;

    /** How long the TCK looks whether something comes that must not. */
    private static final long GLANCE_MILLIS = 50;

    /** After which nobody may hold a subscriber that has left. */
    private static final long FORGETTING_MILLIS = 1000;

    /** A generation tells that it was accepted and how it finished, so it has two events and its tokens. */
    private static final int BESIDES_TOKENS = 2;

    private static final long MOST_EVENTS = 1000;

    private final ScriptedEngine engine = new ScriptedEngine(at -> 'a' + at % 26);
    private final ScriptedEngine refusing = new ScriptedEngine("");
    private final EngineTextGenerator generator = generator(engine);
    private final EngineTextGenerator failing = generator(refusing);
    private volatile boolean over;

    private static EngineTextGenerator generator(ScriptedEngine engine) {
        return new EngineTextGenerator(
                "toy",
                engine,
                new ByteTokenizer(),
                new NoLayout("This model cannot chat."),
                new GenerationConfig(2, 64, 2, 16, 4096));
    }

    @BeforeAll
    void run() {
        refusing.refuse(new RefusedException(RefusedException.Cause.BUSY, "The line is full.", 1));
        Thread.ofPlatform().daemon().name("tck-stepper").start(() -> {
            while (!over) {
                if (!engine.step()) {
                    LockSupport.parkNanos(100_000);
                }
                engine.runs.removeIf(ScriptedEngine.Run::over); // Whoever has left is to be forgotten (3.13).
            }
        });
    }

    @AfterAll
    void close() {
        over = true;
        generator.close();
        failing.close();
        engine.close();
    }

    private static Flux<GenerationEvent> events(EngineTextGenerator generator, long events) {
        int tokens = Math.toIntExact(Math.max(0, events - BESIDES_TOKENS));
        Flux<GenerationEvent> all = generator.generate(new GenerationRequest(
                new Prompt.Text("go"),
                1,
                OptionalInt.of(tokens),
                new StopRules(0, List.of(), false, Set.of(), true),
                Sampling.GREEDY,
                false,
                -1,
                -1));
        return events < BESIDES_TOKENS ? all.take(events) : all;
    }

    private final class Verification extends PublisherVerification<GenerationEvent> {
        Verification() {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS), FORGETTING_MILLIS);
        }

        @Override
        public Publisher<GenerationEvent> createPublisher(long elements) {
            Flux<GenerationEvent> events = events(generator, elements);
            return subscriber -> StreamsTck.subscribe(events, Objects.requireNonNull(subscriber));
        }

        @Override
        public Publisher<GenerationEvent> createFailedPublisher() {
            Flux<GenerationEvent> events = events(failing, MOST_EVENTS);
            return subscriber -> StreamsTck.subscribe(events, Objects.requireNonNull(subscriber));
        }

        @Override
        public long maxElementsFromPublisher() {
            return MOST_EVENTS;
        }
    }

    /**
     * Left out: that several subscribers see the same events (each has a generation of its own, and events don't compare
     * by what they hold), and a demand for more events than a context has.
     */
    @TestFactory
    Stream<DynamicTest> rules() {
        return StreamsTck.of(
                Verification::new,
                Set.of(
                        "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingManyUpfront",
                        "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingManyUpfrontAndCompleteAsExpected",
                        "optional_spec111_multicast_mustProduceTheSameElementsInTheSameSequenceToAllOfItsSubscribersWhenRequestingOneByOne",
                        "required_spec317_mustNotSignalOnErrorWhenPendingAboveLongMaxValue"));
    }
}
