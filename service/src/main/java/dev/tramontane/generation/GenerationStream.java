package dev.tramontane.generation;

import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.SequenceListener;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.Choice.Standing;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;

/**
 * One generation between the engine and its subscriber. Three kinds of threads meet here: the engine's puts what
 * happened into {@link #inbox}; the subscriber's raises {@link #requested} or cancels; both then wake the drain, which
 * runs on one delivery thread at a time and alone touches everything else.
 *
 * <p>Demand is exact: tokens granted to the engine, events waiting and events delivered never add up to more than the
 * subscriber requested, save for at most two events a choice (its last text and its end) that no token was granted
 * for; and at most {@code ahead} tokens are in flight or waiting whatever was requested.
 */
final class GenerationStream implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(GenerationStream.class);

    /** What the engine reports. */
    private sealed interface Signal {
        /** It has a place again. */
        record Started(int choice) implements Signal {}

        record Scored(int index, TokenScore score) implements Signal {}

        record Prefilled(int choice, int cachedTokens) implements Signal {}

        record Sampled(int choice, TokenScore token) implements Signal {}

        record Ended(int choice, Finish finish) implements Signal {}
    }

    private final CoreSubscriber<? super GenerationEvent> subscriber;
    private final GenerationRequest request;
    private final TokenTexts texts;
    private final AnswerStyle form;
    private final Executor worker;
    private final int ahead;
    private final @Nullable GenerationObserver observer;
    private final @Nullable Presence presence;
    private final Places places;

    /** Bounded by what was granted and by the prompt's length. */
    private final Queue<Signal> inbox = Queues.<Signal>unboundedMultiproducer().get();

    private final AtomicInteger wake = new AtomicInteger();
    private final Runnable drain = this::drain;
    private final AtomicLong requested = new AtomicLong();
    private final Disposable.Swap preparation = Disposables.swap();

    /** An answer was refused a new place, and it is not time yet to try again. */
    private volatile boolean pausing;

    private volatile boolean cancelled;

    /** What ended it from outside the drain. A field and no signal, so that it can be said with no memory left. */
    private final AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();

    /** Written by the drain; read by the preparing thread, which may come to the engine too late. */
    private volatile boolean aborted;

    /** Written once when the engine has taken the request. */
    private volatile List<SequenceHandle> handles = List.of();

    /** Drain's own from here on. */
    private final ArrayDeque<GenerationEvent> outbox = new ArrayDeque<>();

    private final List<Choice> choices;
    private final List<TokenScore> scored = new ArrayList<>();
    private @Nullable PreparedPrompt prompt;
    private @Nullable Throwable failure;
    private long delivered;
    private int granted;
    private int live;

    private int nextChoice;
    private boolean accepted;
    private boolean ended;

    GenerationStream(
            CoreSubscriber<? super GenerationEvent> subscriber,
            GenerationRequest request,
            TokenTexts texts,
            AnswerStyle form,
            Executor worker,
            int ahead,
            @Nullable GenerationObserver observer,
            @Nullable Presence presence,
            Places places) {
        this.subscriber = subscriber;
        this.request = request;
        this.texts = texts;
        this.form = form;
        this.worker = worker;
        this.ahead = ahead;
        this.observer = observer;
        this.presence = presence;
        this.places = places;
        boolean mayYield = presence != null;
        if (presence != null) {
            presence.heed(this::wake);
        }
        Continuation continuation = request.continuation();
        choices = new ArrayList<>(request.choices());
        if (continuation != null) {
            choices.add(new Choice(continuation.choice(), 0, request, texts, reader(), mayYield));
        } else {
            for (int i = 0; i < request.choices(); i++) {
                choices.add(new Choice(i, i, request, texts, reader(), mayYield));
            }
        }
        live = choices.size();
    }

    /** Only what a chat layout laid out is answered in its form. */
    private @Nullable AnswerReader reader() {
        Tools tools = request.prompt().tools();
        return tools != null && !form.isPlain() ? form.reader(tools, texts::isControl) : null;
    }

    // ---- the subscriber's thread

    @Override
    public void request(long n) {
        if (n <= 0) {
            fail(new IllegalArgumentException("demand must be positive (Reactive Streams 3.9), got " + n));
            return;
        }
        requested.accumulateAndGet(n, Operators::addCap);
        wake();
    }

    @Override
    public void cancel() {
        cancelled = true;
        preparation.dispose();
        for (SequenceHandle handle : handles) {
            handle.cancel();
        }
        wake();
    }

    boolean cancelled() {
        return cancelled;
    }

    /** The prompt is queued to be encoded; a cancellation gives the place in the queue back. */
    void preparedBy(Disposable task) {
        preparation.update(task);
    }

    // ---- the preparing thread, then the engine's

    /** The listeners to submit with. */
    List<SequenceListener> listeners() {
        List<SequenceListener> listeners = new ArrayList<>(choices.size());
        for (int i = 0; i < choices.size(); i++) {
            listeners.add(new Listener(i, false));
        }
        return listeners;
    }

    /**
     * The prompt is known; called before submission. Goes through the tokens of an answer that is continued.
     *
     * @return whether that answer was complete: its end is all that was not told
     * @throws GenerationException INVALID when no such answer can have been interrupted there
     */
    boolean prepared(PreparedPrompt ids) {
        prompt = ids; // Published by the write of handles.
        choices.forEach(choice -> choice.prepared(form.thoughts(), ids.thinks() && !form.isPlain()));
        Continuation continuation = request.continuation();
        if (continuation == null) {
            return false;
        }
        choices.getFirst().resume(continuation);
        return choices.getFirst().stopped();
    }

    /** The engine has taken the request. */
    void started(List<SequenceHandle> taken) {
        handles = taken;
        if (cancelled || aborted) {
            handles.forEach(SequenceHandle::cancel);
        }
        wake();
    }

    /** Nothing more will come but this error. */
    void fail(Throwable cause) {
        fault.compareAndSet(null, cause);
        wake();
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
            } catch (Throwable unsaid) { // No later word would come, and this one has not got through.
                fail(unsaid);
            }
        }

        private void post(Signal signal) {
            inbox.add(signal);
            wake();
        }
    }

    private void wake() {
        if (wake.getAndIncrement() == 0) {
            try {
                worker.execute(drain);
            } catch (Throwable noThread) {
                LOG.error("No delivery thread could be had; delivering on this one", noThread);
                drain();
            }
        }
    }

    // ---- the delivery thread

    private void drain() {
        int seen = 1;
        do {
            if (cancelled || ended) {
                over();
            } else {
                try {
                    step();
                } catch (Throwable thrown) {
                    failed(thrown);
                }
            }
            seen = wake.addAndGet(-seen);
        } while (seen != 0);
    }

    /** Nothing more is told. */
    private void over() {
        inbox.clear();
        outbox.clear();
        scored.clear();
        if (presence != null) {
            presence.forget();
        }
    }

    /** The drain, or the subscriber it called, threw: an error as well must end the stream, or its reader waits for ever. */
    private void failed(Throwable thrown) {
        outbox.clear();
        try {
            abort(broken(thrown));
        } catch (Throwable again) {
            thrown.addSuppressed(again); // The engine is asked to cancel once more when the subscriber does.
        }
        try {
            deliver();
        } catch (Throwable again) {
            thrown.addSuppressed(again);
        }
        LOG.error("A generation failed", thrown);
    }

    private void step() {
        if (!accepted && !handles.isEmpty() && prompt != null) {
            accepted = true;
            outbox.add(new GenerationEvent.Accepted(prompt.ids(), prompt.text()));
        }
        take();
        deliver();
        if (!cancelled && !ended) {
            tellPresence();
            comeBack();
            grant();
        }
    }

    private void take() {
        Throwable outside = fault.get();
        if (outside != null && failure == null) {
            outbox.clear(); // A subscriber that demands wrongly may never take what waits.
            abort(outside instanceof Error ? broken(outside) : outside);
        }
        // The engine may have spoken before it was known to have accepted, so its words wait.
        Signal signal;
        while (failure == null && accepted && (signal = inbox.poll()) != null) {
            switch (signal) {
                case Signal.Started(int choice) -> choices.get(choice).standing = Standing.TAKEN;
                case Signal.Scored(int index, TokenScore score) -> score(index, score);
                case Signal.Prefilled(int choice, int found) ->
                    choices.get(choice).prefilled(found);
                case Signal.Sampled(int choice, TokenScore token) -> sampled(choices.get(choice), token);
                case Signal.Ended(int choice, Finish finish) -> end(choices.get(choice), finish);
            }
        }
    }

    private static GenerationException broken(Throwable cause) {
        return new GenerationException(Kind.FAILED, "The server failed while generating.", "", 0, cause);
    }

    private void score(int index, TokenScore score) {
        if (index != scored.size() + 1) {
            throw new IllegalStateException("prompt token " + (scored.size() + 1) + " was to be scored, got " + index);
        }
        scored.add(score);
        if (index == promptIds().length - 1) {
            tellScores();
        }
    }

    private void tellScores() {
        outbox.add(new Scored(texts.describe(promptIds()[0], scored, !(request.prompt() instanceof Prompt.Known))));
        scored.clear();
    }

    private void sampled(Choice choice, TokenScore token) {
        if (choice.granted > 0) {
            choice.granted--;
            granted--;
        }
        add(choice.push(token));
        if (choice.stopped()) {
            handles.get(choice.place()).cancel(); // Its end comes as CANCELLED, once it holds nothing any more.
        }
    }

    private void end(Choice choice, Finish finish) {
        if (finish.reason() == FinishReason.ERROR) {
            abort(new GenerationException(Kind.FAILED, finish.error(), "", 0));
            return;
        }
        if (finish.reason() == FinishReason.YIELDED && !choice.stopped()) {
            gaveUp(choice, finish);
            return;
        }
        if (finish.reason() == FinishReason.CANCELLED && !choice.stopped()) {
            abort(new GenerationException(
                    Kind.UNAVAILABLE, "The server stopped this generation because it shuts down.", "", 0));
            return;
        }
        if (finish.reason() == FinishReason.DEADLINE && choices.stream().allMatch(each -> each.received() == 0)) {
            abort(GenerationException.expired());
            return;
        }
        granted -= choice.granted;
        choice.granted = 0;
        if (request.promptTops() >= 0
                && request.continuation() == null
                && promptIds().length == 1
                && choice.index() == 0) {
            tellScores(); // A prompt of one token has no scores, so the engine reports none.
        }
        choice.prefilled(finish.cachedTokens());
        add(choice.finish());
        int completion = choice.stopped() ? choice.received() : finish.generatedTokens();
        outbox.add(new Finished(
                choice.index(),
                choice.stopped() ? Reason.STOP : reason(finish),
                choice.stopString(),
                new Usage(finish.promptTokens(), choice.cached(), completion, choice.thoughtTokens())));
        choice.finished = true;
        live--;
    }

    private static Reason reason(Finish finish) {
        return switch (finish.reason()) {
            case STOP -> Reason.STOP;
            case DEADLINE -> Reason.DEADLINE;
            case LENGTH, CANCELLED, YIELDED, ERROR -> Reason.LENGTH;
        };
    }

    private void add(GenerationEvent.@Nullable Delta delta) {
        if (delta != null) {
            outbox.add(delta);
        }
    }

    private void abort(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
        aborted = true;
        for (SequenceHandle handle : handles) {
            handle.cancel();
        }
        live = 0;
    }

    private void deliver() {
        while (delivered < requested.get() && !outbox.isEmpty() && !cancelled) {
            delivered++;
            subscriber.onNext(outbox.remove());
        }
        if (cancelled || !outbox.isEmpty()) {
            return;
        }
        if (failure != null) {
            ended = true;
            over();
            subscriber.onError(failure);
        } else if (live == 0) {
            ended = true;
            over();
            subscriber.onComplete();
        }
    }

    /** Passes on demand, the same to every choice; asks again once half of what was granted has come. */
    private void grant() {
        if (!accepted || live == 0) {
            return;
        }
        long free = free();
        if (free < Math.max(1, granted)) {
            return;
        }
        int[] shares = new int[choices.size()];
        for (; free > 0; free--) {
            Choice poorest = null;
            for (int i = 0; i < shares.length; i++) {
                Choice choice = choices.get((nextChoice + i) % shares.length);
                if (choice.standing == Standing.TAKEN
                        && !choice.finished
                        && !choice.stopped()
                        && (poorest == null || choice.granted < poorest.granted)) {
                    poorest = choice;
                }
            }
            if (poorest == null) {
                break; // All have stopped or wait for a place; their ends or beginnings are on the way.
            }
            poorest.granted++;
            granted++;
            shares[poorest.place()]++;
            nextChoice = (poorest.place() + 1) % shares.length;
        }
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] > 0) {
                handles.get(i).request(shares[i]);
            }
        }
    }

    /** Events that are wanted and neither there nor asked for. */
    private long free() {
        return Math.min(requested.get() - delivered, ahead) - outbox.size() - granted;
    }

    // ---- places given up and taken again

    /** Here alone, so that what the engine hears last is the truth. */
    private void tellPresence() {
        if (presence == null || !accepted) {
            return;
        }
        boolean there = presence.isThere();
        for (Choice choice : choices) {
            if (choice.attended != there && choice.standing != Standing.YIELDED) {
                choice.attended = there;
                handles.get(choice.place()).attended(there);
            }
        }
    }

    private void gaveUp(Choice choice, Finish finish) {
        granted -= choice.granted;
        choice.gaveUp(finish);
    }

    /** Whoever gave his place up asks for another once somebody is there and wants more. */
    private void comeBack() {
        if (presence == null) {
            return;
        }
        for (Choice choice : choices) {
            if (choice.standing == Standing.YIELDED && presence.isThere() && !pausing && free() > 0) {
                comeBack(choice);
            }
        }
    }

    private void comeBack(Choice choice) {
        try {
            List<SequenceHandle> taken = new ArrayList<>(handles);
            taken.set(
                    choice.place(),
                    places.again(request, prepared(), choice.soFar(), new Listener(choice.place(), true)));
            choice.standing = Standing.RETURNING; // Until it starts, the others get what is wanted.
            choice.attended = true;
            started(List.copyOf(taken));
        } catch (RefusedException refused) {
            refused(choice, refused);
        }
    }

    private void refused(Choice choice, RefusedException refused) {
        switch (refused.refusal()) {
            case BUSY -> {
                pausing = true;
                places.later(this::tryAgain, Math.max(1, refused.retryAfterSeconds()));
            }
            case LATE -> {
                choice.standing = Standing.TAKEN;
                end(choice, choice.late(promptIds().length));
                wake();
            }
            case TOO_LARGE, UNAVAILABLE -> {
                abort(EngineTextGenerator.translate(refused));
                wake();
            }
        }
    }

    private void tryAgain() {
        pausing = false;
        wake();
    }

    private int[] promptIds() {
        return prepared().ids();
    }

    private PreparedPrompt prepared() {
        PreparedPrompt known = prompt;
        if (known == null) {
            throw new IllegalStateException("the engine spoke before it was given a prompt");
        }
        return known;
    }
}
