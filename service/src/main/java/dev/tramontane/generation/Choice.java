package dev.tramontane.generation;

import dev.tramontane.answer.AnswerReader;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.AnswerText.Told;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.guide.ThoughtMeter;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One of a request's answers: its text, what is counted of it, and where it stands with the engine. Belongs to its stream's worker. */
final class Choice {
    /** Where it stands with the engine. */
    enum Standing {
        /** It waits there or has a place. */
        TAKEN,
        /** It gave its place up. */
        YIELDED,
        /** What it is to be submitted with again is being made. */
        PREPARING,
        /** It was submitted again, and waits for a place. */
        RETURNING
    }

    private final int index;
    private final int place;
    private final AnswerText text;

    /** Whether its tokens are kept, and those that were taken: what it is submitted again with. */
    private final boolean keeps;

    private int[] kept = {};

    private @Nullable ThoughtMeter thoughts;

    /** What it counted up to each token that was not told yet, and up to the last that was. */
    private final ArrayDeque<Integer> counts = new ArrayDeque<>();

    private int toldThoughts;

    /** Prompt tokens that were found where it began. */
    private int cached = Continuation.UNKNOWN;

    private int accepted;
    private int rejected;

    Standing standing = Standing.TAKEN;

    /** What the engine was told last of whether anybody reads. */
    boolean attended = true;

    /** Tokens asked of the engine that have not come yet. */
    int granted;

    boolean finished;

    /**
     * @param index among the request's answers
     * @param place among those that the engine makes
     * @param reader tells words, thoughts and calls apart; null where all is words
     * @param keeps whether it may have to be submitted again
     */
    Choice(
            int index,
            int place,
            GenerationRequest request,
            TokenTexts texts,
            @Nullable AnswerReader reader,
            boolean keeps) {
        this.keeps = keeps;
        this.index = index;
        this.place = place;
        text = new AnswerText(request, texts, reader);
    }

    /**
     * Before the first token: the prompt is known.
     *
     * @param meter of its thoughts; null where it has none
     * @param thinks whether the prompt ends where a thought has begun
     */
    void prepared(@Nullable ThoughtMeter meter, boolean thinks) {
        thoughts = meter;
        if (thinks) {
            text.openThought();
        }
    }

    /**
     * Before the first token: goes to where an interrupted answer was.
     *
     * @throws GenerationException INVALID when no such answer can have been interrupted there
     */
    void resume(Continuation past) {
        int[] tokens = past.tokens();
        for (int i = 0; i < tokens.length; i++) {
            text.replay(tokens[i], tokens.length - i - 1);
            count(tokens[i]);
        }
        text.resume(past);
        toldThoughts = thoughtTokens();
        cached = past.cachedTokens();
    }

    /** Its prompt is computed: what was found of it, unless it has begun before. */
    void prefilled(int found) {
        if (cached == Continuation.UNKNOWN) {
            cached = found;
        }
    }

    /** Takes a token; returns what it made known, if anything. */
    @Nullable
    Delta push(TokenScore score) {
        if (text.stopped()) {
            return null; // Sampled before the engine saw the cancellation.
        }
        Told told = text.push(score);
        count(score.id());
        if (thoughts != null) {
            counts.add(thoughts.tokens());
        }
        return delta(told);
    }

    /** The rest, once the engine has finished the sequence. */
    @Nullable
    Delta finish() {
        return delta(text.finish());
    }

    private @Nullable Delta delta(@Nullable Told told) {
        if (told == null) {
            return null;
        }
        for (int i = told.tokens().size(); i > 0 && !counts.isEmpty(); i--) {
            toldThoughts = counts.remove();
        }
        return new Delta(index, told.text(), told.tokens(), told.parts(), cached(), toldThoughts);
    }

    /** The last of those that were taken. */
    private void count(int id) {
        if (keeps) {
            int count = text.received();
            if (count > kept.length) {
                kept = Arrays.copyOf(kept, Math.max(16, count * 2));
            }
            kept[count - 1] = id;
        }
        if (thoughts != null) {
            thoughts.take(id);
        }
    }

    /** Tokens of its thoughts so far. */
    int thoughtTokens() {
        return thoughts == null ? 0 : thoughts.tokens();
    }

    /** What was guessed of it since it was submitted. */
    void guessed(Finish finish) {
        accepted += finish.acceptedGuesses();
        rejected += finish.rejectedGuesses();
    }

    /** Tokens that were guessed, and drawn. */
    int accepted() {
        return accepted;
    }

    /** Tokens that were guessed, and not drawn. */
    int rejected() {
        return rejected;
    }

    /** It has no place any more. */
    void gaveUp(Finish finish) {
        guessed(finish);
        standing = Standing.YIELDED;
        prefilled(finish.cachedTokens());
    }

    /** Whether the engine has it, in a place or waiting for one. */
    boolean isTheEngines() {
        return standing == Standing.TAKEN || standing == Standing.RETURNING;
    }

    /** Prompt tokens that were found where it began, as far as that is known. */
    int cached() {
        return Math.max(0, cached);
    }

    /** How it ends when it comes back too late. */
    Finish late(int promptTokens) {
        return new Finish(FinishReason.DEADLINE, -1, promptTokens, cached(), received(), "");
    }

    /** Its tokens so far, where they are kept. */
    Continuation soFar() {
        return new Continuation(index, Arrays.copyOf(kept, received()), 0, cached);
    }

    /** Whether a stop string has been found. */
    boolean stopped() {
        return text.stopped();
    }

    /** Whether that was in the middle of a tool call. */
    boolean cutsCall() {
        return text.cutsCall();
    }

    /** The stop string found, or empty. */
    String stopString() {
        return text.stopString();
    }

    /** Tokens taken, up to and with the one that completed a stop string. */
    int received() {
        return text.received();
    }

    /** Among the request's answers. */
    int index() {
        return index;
    }

    /** Among those that the engine makes. */
    int place() {
        return place;
    }
}
