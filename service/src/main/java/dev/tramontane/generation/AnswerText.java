package dev.tramontane.generation;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerReader;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.PartsReader.Control;
import dev.tramontane.tokenizer.TokenDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way from tokens to text. A token is reported with the text that begins inside it, so it waits as
 * long as its text does: for the rest of a character, or until what may be a stop string has shown not to be one. What
 * a stop string cuts off is reported neither as text nor as tokens.
 *
 * <p>Belongs to its stream's worker; not thread-safe.
 */
final class AnswerText {
    /** A token that waits for its text. */
    private record Pending(Token token, boolean silent) {}

    /** More of an answer: what a delta tells of it. */
    record Told(String text, List<Token> tokens, List<AnswerPart> parts) {
        private boolean isEmpty() {
            return text.isEmpty() && tokens.isEmpty() && parts.isEmpty();
        }
    }

    private final TokenTexts texts;
    private final TokenDecoder decoder;
    private final StopMatcher stops;
    private final int minTokens;
    private final boolean showControl;
    private final @Nullable PartsReader parts;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();

    /** Code points decoded, and of these let through. */
    private int decoded;

    private int released;

    /** Code points that will be let through but were delivered before the answer was continued. */
    private int repeated;

    /** Tokens taken. */
    private int received;

    /** @param reader tells words, thoughts and calls apart; null where all is words */
    AnswerText(GenerationRequest request, TokenTexts texts, @Nullable AnswerReader reader) {
        this.texts = texts;
        decoder = texts.decoder();
        stops = new StopMatcher(request.stops().strings(), request.stops().includeString());
        minTokens = request.stops().minTokens();
        showControl = request.showControl();
        parts = reader == null ? null : new PartsReader(reader, texts, showControl);
    }

    /** Before the first token: the prompt ends where a thought has begun. */
    void openThought() {
        if (parts != null) {
            parts.openThought();
        }
    }

    /**
     * Goes past a token of an interrupted answer, which was told.
     *
     * @param left tokens that follow
     * @throws GenerationException INVALID when the answer had ended before it
     */
    void replay(int id, int left) {
        if (stops.stopped()) {
            throw impossible("it ended " + (left + 1) + " tokens earlier");
        }
        received++;
        int start = decoded;
        String free = letThrough(textOf(id, decoder));
        if (parts != null) {
            int from = released - codePoints(free);
            parts.read(free, from, texts.isSilent(id) ? List.of(new Control(id, start)) : List.of(), new ArrayList<>());
        }
    }

    /**
     * All that was told before has been replayed: what comes next begins behind so many code points.
     *
     * @throws GenerationException INVALID when its tokens cannot have made them
     */
    void resume(Continuation past) {
        if (past.codePoints() < released || past.codePoints() > most(past)) {
            throw impossible("its " + received + " tokens do not make a text of " + past.codePoints() + " characters");
        }
        repeated = past.codePoints() - released;
    }

    /** Code points that its tokens can have made: an end completes what was half a character. */
    private int most(Continuation past) {
        if (past.codePoints() <= decoded) {
            return decoded;
        }
        TokenDecoder again = texts.decoder();
        int most = 0;
        for (int id : past.tokens()) {
            most += codePoints(textOf(id, again));
        }
        return most + codePoints(again.finish());
    }

    private static GenerationException impossible(String why) {
        return new GenerationException(
                Kind.INVALID, "The answer cannot be continued from there: " + why + ".", "continuation", 0);
    }

    /** Takes a token; returns what it made known, if anything. Not once it has stopped. */
    @Nullable
    Told push(TokenScore score) {
        received++;
        pending.add(new Pending(texts.describe(score, decoded), texts.isSilent(score.id())));
        return release(textOf(score.id(), decoder), false);
    }

    private String textOf(int id, TokenDecoder with) {
        return texts.isSilent(id) ? showControl ? texts.piece(id) : "" : with.push(id);
    }

    /** The rest, once the engine has finished the sequence. */
    @Nullable
    Told finish() {
        return stops.stopped() ? null : release(decoder.finish(), true);
    }

    /** Of a text and what was held back before it, what may go out now. */
    private String letThrough(String text) {
        decoded += codePoints(text);
        // Stop strings count from the token after minTokens on; what comes before never reaches the matcher.
        String free = received <= minTokens ? text : stops.push(text);
        released += codePoints(free);
        return free;
    }

    private @Nullable Told release(String text, boolean last) {
        String free = letThrough(text);
        if (last) {
            String rest = stops.finish();
            released += codePoints(rest);
            free += rest;
        }
        int start = released - codePoints(free);
        if (repeated > 0) {
            int again = Math.min(repeated, codePoints(free));
            repeated -= again;
            int told = free.offsetByCodePoints(0, again);
            if (parts != null) {
                parts.read(free.substring(0, told), start, List.of(), new ArrayList<>());
            }
            free = free.substring(told);
            start += again;
        }
        Told told = told(free, start, last);
        return told.isEmpty() ? null : told;
    }

    private Told told(String free, int start, boolean last) {
        List<Token> tokens = new ArrayList<>(1);
        List<Control> controls = new ArrayList<>(1);
        while (!pending.isEmpty() && isDue(pending.getFirst(), last)) {
            Pending due = pending.removeFirst();
            tokens.add(due.token());
            if (due.silent()) {
                controls.add(new Control(due.token().id(), due.token().start()));
            }
        }
        if (parts == null) {
            return new Told(free, tokens, GenerationEvent.Delta.words(free));
        }
        List<AnswerPart> made = new ArrayList<>(2);
        parts.read(free, start, controls, made);
        if (last) {
            parts.finish(made);
        }
        return new Told(free, tokens, made);
    }

    private boolean isDue(Pending token, boolean last) {
        boolean caughtUp = released == decoded && !stops.stopped();
        return token.token().start() < released || (caughtUp && (token.silent() || last));
    }

    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Whether a stop string has been found. */
    boolean stopped() {
        return stops.stopped();
    }

    /** Whether that was in the middle of a tool call. */
    boolean cutsCall() {
        return stops.stopped() && parts != null && parts.isCalling();
    }

    /** The stop string found, or empty. */
    String stopString() {
        return stops.match();
    }

    /** Tokens taken, up to and with the one that completed a stop string. */
    int received() {
        return received;
    }
}
