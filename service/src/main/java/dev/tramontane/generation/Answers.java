package dev.tramontane.generation;

import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.answer.Tools;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.SequenceHandle;
import dev.tramontane.engine.Submission;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.Choice.Standing;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.Inbox.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The choices of one stream: what the engine reports of them becomes events, and demand goes to each. The drain's alone, but for what is said. */
final class Answers {
    private final GenerationRequest request;
    private final AnswerStyle form;
    private final TokenTexts texts;
    private final Outbox outbox;
    private final Handles handles;
    private final Consumer<Throwable> abort;
    private final List<Choice> choices;
    private final Grants grants;
    private final PromptScores scores;

    /** Null where the subscriber is always there. */
    private final @Nullable Returns returns;

    private @Nullable PreparedPrompt prompt;
    private int live;

    /**
     * @param wake has the drain look again; any thread
     * @param abort called with what ends the whole stream
     */
    Answers(
            GenerationRequest request,
            TokenTexts texts,
            AnswerStyle form,
            Inbox inbox,
            Outbox outbox,
            Handles handles,
            @Nullable Presence presence,
            Places places,
            Runnable wake,
            Consumer<Throwable> abort) {
        this.request = request;
        this.form = form;
        this.texts = texts;
        this.outbox = outbox;
        this.handles = handles;
        this.abort = abort;
        choices = choices(presence != null);
        live = choices.size();
        grants = new Grants(choices);
        scores = new PromptScores(texts, !(request.prompt() instanceof Prompt.Known));
        returns = presence == null
                ? null
                : new Returns(presence, places, request, choices, inbox, wake, handles::areCancelled);
    }

    /** Those that the engine makes. */
    private List<Choice> choices(boolean mayYield) {
        Tools tools = request.tools(); // Only what a chat layout laid out is answered in its form.
        Continuation continuation = request.continuation();
        int count = continuation == null ? request.choices() : 1;
        List<Choice> made = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            AnswerReader reader = tools != null && !form.isPlain() ? form.reader(tools, texts::isControl) : null;
            int index = continuation == null ? i : continuation.choice();
            made.add(new Choice(index, i, request, texts, reader, mayYield));
        }
        return List.copyOf(made);
    }

    /** How many the engine makes. Any thread. */
    int count() {
        return choices.size();
    }

    /**
     * The prompt is known; called before submission, on a prompt thread. Goes through the tokens of an answer that is continued.
     *
     * @return whether that answer was complete: its end is all that was not told
     * @throws GenerationException INVALID when no such answer can have been interrupted there
     */
    boolean prepared(PreparedPrompt ids) {
        prompt = ids; // Published by the write of handles.
        boolean thinks = ids.thinks() && !form.isPlain();
        Tools tools = request.tools();
        choices.forEach(choice -> choice.prepared(
                tools == null || form.thoughts() == null ? null : texts.meter(form, tools, thinks), thinks));
        Continuation continuation = request.continuation();
        if (continuation == null) {
            return false;
        }
        choices.getFirst().resume(continuation);
        return choices.getFirst().stopped();
    }

    /** Whether each has ended. */
    boolean areOver() {
        return live == 0;
    }

    /** None of them goes on. */
    void abandon() {
        live = 0;
        stopPreparing();
    }

    /** None is prepared to come back any more. Any thread. */
    void stopPreparing() {
        if (returns != null) {
            returns.dispose();
        }
    }

    /** Nothing more is told of them. */
    void forget() {
        scores.clear();
        if (returns != null) {
            returns.forget();
        }
    }

    // ---- what the engine reports

    void see(Signal signal) {
        switch (signal) {
            case Signal.Ready(int choice, Submission ready) -> submit(choices.get(choice), ready);
            case Signal.Refused(int choice, GenerationException why) -> refused(choices.get(choice), why);
            case Signal.Started(int choice) -> choices.get(choice).standing = Standing.TAKEN;
            case Signal.Scored(int index, TokenScore score) -> outbox.add(scores.add(index, score, promptIds()));
            case Signal.Prefilled(int choice, int found) -> choices.get(choice).prefilled(found);
            case Signal.Sampled(int choice, TokenScore token) -> sampled(choices.get(choice), token);
            case Signal.Ended(int choice, Finish finish) -> ended(choices.get(choice), finish);
        }
    }

    private void sampled(Choice choice, TokenScore token) {
        grants.came(choice);
        outbox.add(choice.push(token));
        if (choice.stopped()) {
            handles.of(choice).cancel(); // Its end comes as CANCELLED, once it holds nothing any more.
        }
    }

    private void ended(Choice choice, Finish finish) {
        switch (finish.reason()) {
            case LOST ->
                abort.accept(new GenerationException(
                        Kind.UNAVAILABLE,
                        "A part of the model was lost before this answer was done: " + finish.error()
                                + ". Ask again soon.",
                        "",
                        Engine.LOST_RETRY_SECONDS));
            case ERROR -> abort.accept(new GenerationException(Kind.FAILED, finish.error(), "", 0));
            case YIELDED, CANCELLED -> {
                if (choice.stopped()) {
                    end(choice, finish);
                } else if (finish.reason() == FinishReason.YIELDED) {
                    grants.dropped(choice);
                    choice.gaveUp(finish);
                } else {
                    abort.accept(new GenerationException(
                            Kind.UNAVAILABLE, "The server stopped this generation because it shuts down.", "", 0));
                }
            }
            case DEADLINE -> {
                if (choices.stream().allMatch(each -> each.received() == 0)) {
                    abort.accept(GenerationException.expired());
                } else {
                    end(choice, finish);
                }
            }
            case STOP, LENGTH -> end(choice, finish);
        }
    }

    private void end(Choice choice, Finish finish) {
        grants.dropped(choice);
        if (request.promptTops() >= 0
                && request.continuation() == null
                && promptIds().length == 1
                && choice.index() == 0) {
            outbox.add(scores.all(promptIds())); // A prompt of one token has no scores, so the engine reports none.
        }
        choice.prefilled(finish.cachedTokens());
        choice.guessed(finish);
        outbox.add(choice.finish());
        int completion = choice.stopped() ? choice.received() : finish.generatedTokens();
        outbox.add(new Finished(
                choice.index(),
                choice.stopped() ? Reason.STOP : reason(finish),
                choice.stopString(),
                new Usage(
                        finish.promptTokens(),
                        choice.cached(),
                        completion,
                        choice.thoughtTokens(),
                        Math.min(completion, choice.accepted()), // Some may lie behind a stop string.
                        choice.rejected()),
                choice.cutsCall()));
        choice.finished = true;
        live--;
    }

    private static Reason reason(Finish finish) {
        return switch (finish.reason()) {
            case STOP -> Reason.STOP;
            case DEADLINE -> Reason.DEADLINE;
            case LENGTH, CANCELLED, YIELDED, LOST, ERROR -> Reason.LENGTH;
        };
    }

    // ---- those who come back

    private void submit(Choice choice, Submission ready) {
        // Not what nobody has been asked for: those who came back before it have been asked for all that is wanted.
        SequenceHandle taken = whoComesBack().submit(choice, ready, outbox.wanted(Long.MAX_VALUE) > 0);
        if (taken != null) {
            handles.replace(choice.place(), taken);
        }
    }

    private void refused(Choice choice, GenerationException why) {
        whoComesBack().refused(choice, why, () -> late(choice), abort);
    }

    private void late(Choice choice) {
        choice.standing = Standing.TAKEN;
        ended(choice, choice.late(promptIds().length));
    }

    private Returns whoComesBack() {
        Returns those = returns;
        if (those == null) {
            throw new IllegalStateException("a choice comes back that never left");
        }
        return those;
    }

    // ---- demand

    /** What is wanted of them goes to the engine, with whether anybody is there; of tokens under way or waiting so many at most. */
    void demand(int ahead) {
        if (returns != null) {
            returns.tellPresence(handles);
            if (outbox.wanted(ahead) > grants.open()) {
                returns.begin(prompt());
            }
        }
        if (live > 0) {
            grants.ask(outbox.wanted(ahead) - grants.open(), handles);
        }
    }

    private int[] promptIds() {
        return prompt().ids();
    }

    /** Once the engine has taken the request. */
    PreparedPrompt prompt() {
        PreparedPrompt known = prompt;
        if (known == null) {
            throw new IllegalStateException("the engine spoke before it was given a prompt");
        }
        return known;
    }
}
