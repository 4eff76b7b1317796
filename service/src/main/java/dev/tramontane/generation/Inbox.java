package dev.tramontane.generation;

import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.TokenScore;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * What is reported of a stream's choices, on its way to the stream's drain: filled by the engine's thread and by prompt
 * threads, emptied by one delivery thread at a time. Bounded by what was granted and by the prompt's length.
 */
final class Inbox {

    /** A report, by the place of the choice that it concerns. */
    sealed interface Signal {
        /** What the prompt has to be submitted with is made, for a choice that gave its place up. */
        record Ready(int choice, Submission submission) implements Signal {}

        /** There is none, and why. */
        record Refused(int choice, GenerationException why) implements Signal {}

        /** It has a place again. */
        record Started(int choice) implements Signal {}

        record Scored(int index, TokenScore score) implements Signal {}

        record Prefilled(int choice, int cachedTokens) implements Signal {}

        record Sampled(int choice, TokenScore token) implements Signal {}

        record Ended(int choice, Finish finish) implements Signal {}
    }

    private final Queue<Signal> signals =
            Queues.<Signal>unboundedMultiproducer().get();
    private final @Nullable GenerationObserver observer;
    private final Runnable wake;
    private final Consumer<Throwable> unsaid;

    /**
     * @param wake called after each report, on its thread
     * @param unsaid called with what kept the last report of a choice from getting through
     */
    Inbox(@Nullable GenerationObserver observer, Runnable wake, Consumer<Throwable> unsaid) {
        this.observer = observer;
        this.wake = wake;
        this.unsaid = unsaid;
    }

    void post(Signal signal) {
        signals.add(signal);
        wake.run();
    }

    /** The next report, or null. */
    @Nullable
    Signal poll() {
        return signals.poll();
    }

    void clear() {
        signals.clear();
    }

    /**
     * Reports of a choice.
     *
     * @param again whether it had a place before
     */
    SequenceListener listener(int choice, boolean again) {
        return new Listener(choice, again);
    }

    private final class Listener implements SequenceListener {
        private final int choice;
        private final boolean again;

        Listener(int choice, boolean again) {
            this.choice = choice;
            this.again = again;
        }

        @Override
        public void onStarted() {
            if (again) {
                post(new Signal.Started(choice));
            }
        }

        @Override
        public void onPromptToken(int index, TokenScore score) {
            if (choice == 0) { // The choices share their prompt; its scores are reported once.
                post(new Signal.Scored(index, score));
            }
        }

        @Override
        public void onPrefilled(int cachedTokens) {
            post(new Signal.Prefilled(choice, cachedTokens));
        }

        @Override
        public void onToken(TokenScore token) {
            post(new Signal.Sampled(choice, token));
        }

        @Override
        public void onEnded(Finish finish, long submittedNanos, EngineObserver.Phases phases) {
            if (observer != null && finish.reason() != FinishReason.YIELDED) {
                observer.ended(choice, finish, submittedNanos, phases);
            }
        }

        @Override
        public void onFinish(Finish finish) {
            try {
                post(new Signal.Ended(choice, finish));
            } catch (Throwable lost) { // No later word would come, and this one has not got through.
                unsaid.accept(lost);
            }
        }
    }
}
