package dev.tramontane.app;

import dev.tramontane.fixtures.StreamsTck;
import dev.tramontane.generation.GenerationEvent;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;

/** The Reactive Streams TCK on what prints answers in terminals. */
final class AnswerTckTest {
    /** A guard against hanging. */
    private static final long PATIENCE_MILLIS = 20_000;

    /** How long the TCK looks whether something comes that must not. */
    private static final long GLANCE_MILLIS = 50;

    private static final class Verification extends SubscriberBlackboxVerification<GenerationEvent> {
        Verification() {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS));
        }

        @Override
        public Subscriber<GenerationEvent> createSubscriber() {
            return new Answer(text -> {});
        }

        @Override
        public GenerationEvent createElement(int number) {
            return new GenerationEvent.Delta(0, "word " + number, List.of());
        }
    }

    @TestFactory
    Stream<DynamicTest> holdsTheRules() {
        return StreamsTck.of(Verification::new, Set.of());
    }
}
