package dev.tramontane.generation;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.answer.AnswerReader;
import dev.tramontane.answer.ThoughtStyle;
import dev.tramontane.engine.Finish;
import dev.tramontane.engine.FinishReason;
import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.guide.ThoughtMeter;
import dev.tramontane.tokenizer.TokenDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way from tokens to text. A token is reported with the text that begins inside it, so it waits as
 * long as its text does: for the rest of a character, or until what may be a stop string has shown not to be one. What
 * a stop string cuts off is reported neither as text nor as tokens.
 *
 * <p>Belongs to its stream's worker; not thread-safe.
 */
final class Choice {
    /** A token that waits for its text. */
    private record Pending(Token token, boolean silent) {}

    private static final byte[] NO_BYTES = {};

    private final int index;
    private final int place;
    private final TokenTexts texts;
    private final TokenDecoder decoder;
    private final StopMatcher stops;
    private final int minTokens;
    private final boolean showControl;
    private final @Nullable AnswerReader reader;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();

    /** Code points decoded, and of these let through. */
    private int decoded;

    private int released;

    /** Code points that will be let through but were delivered before the answer was continued. */
    private int repeated;

    private int received;

    /** Whether its tokens are kept, and those that were taken: what it is submitted again with. */
    private final boolean keeps;

    private int[] kept = {};

    private @Nullable ThoughtMeter thoughts;

    /** Where it stands with the engine. */
    enum Standing {
        /** It waits there or has a place. */
        TAKEN,
        /** It gave its place up. */
        YIELDED,
        /** It was submitted again, and waits for a place. */
        RETURNING
    }

    Standing standing = Standing.TAKEN;

    /** What the engine was told last of whether anybody reads. */
    boolean attended = true;

    /** Prompt tokens that were found where it began. */
    private int cached = Continuation.UNKNOWN;

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
        this.texts = texts;
        this.reader = reader;
        decoder = texts.decoder();
        stops = new StopMatcher(request.stops().strings(), request.stops().includeString());
        minTokens = request.stops().minTokens();
        showControl = request.showControl();
    }

    /**
     * Before the first token: the prompt is known.
     *
     * @param style of thoughts in its answer
     * @param thinks whether it ends where a thought has begun
     */
    void prepared(@Nullable ThoughtStyle style, boolean thinks) {
        if (style != null && reader != null) {
            thoughts = new ThoughtMeter(style, texts.controlId(style.open()), texts.controlId(style.close()), thinks);
        }
        if (thinks) {
            openThought();
        }
    }

    private void openThought() {
        if (reader != null) {
            reader.openThought();
        }
    }

    /**
     * Before the first token: goes to where an interrupted answer was.
     *
     * @throws GenerationException INVALID when no such answer can have been interrupted there
     */
    void resume(Continuation past) {
        for (int id : past.tokens()) {
            if (stops.stopped()) {
                throw impossible("it ended " + (past.tokens().length - received) + " tokens earlier");
            }
            receive(id);
            int start = decoded;
            String free = letThrough(textOf(id, decoder));
            read(free, released - codePoints(free), List.of(new Known(id, start)), new ArrayList<>());
        }
        if (past.codePoints() < released || past.codePoints() > most(past)) {
            throw impossible("its " + received + " tokens do not make a text of " + past.codePoints() + " characters");
        }
        repeated = past.codePoints() - released;
        cached = past.cachedTokens();
    }

    /** Its prompt is computed: what was found of it, unless it has begun before. */
    void prefilled(int found) {
        if (cached == Continuation.UNKNOWN) {
            cached = found;
        }
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

    /** Takes a token; returns what it made known, if anything. */
    @Nullable
    Delta push(TokenScore score) {
        if (stops.stopped()) {
            return null; // Sampled before the engine saw the cancellation.
        }
        receive(score.id());
        pending.add(new Pending(texts.describe(score, decoded), texts.isSilent(score.id())));
        return release(textOf(score.id(), decoder), false);
    }

    private void receive(int id) {
        if (keeps) {
            if (received == kept.length) {
                kept = Arrays.copyOf(kept, Math.max(16, received * 2));
            }
            kept[received] = id;
        }
        received++;
        if (thoughts != null) {
            thoughts.take(id, texts.isSilent(id) ? NO_BYTES : texts.bytes(id));
        }
    }

    /** Tokens of its thoughts so far. */
    int thoughtTokens() {
        return thoughts == null ? 0 : thoughts.tokens();
    }

    /** It has no place any more, and what was asked of it does not come. */
    void gaveUp(Finish finish) {
        granted = 0;
        standing = Standing.YIELDED;
        prefilled(finish.cachedTokens());
    }

    /** Prompt tokens that were found where it began, as far as that is known. */
    int cached() {
        return Math.max(0, cached);
    }

    /** How it ends when it comes back too late. */
    Finish late(int promptTokens) {
        return new Finish(FinishReason.DEADLINE, -1, promptTokens, cached(), received, "");
    }

    /** Its tokens so far, where they are kept. */
    Continuation soFar() {
        return new Continuation(index, Arrays.copyOf(kept, received), 0, cached);
    }

    private String textOf(int id, TokenDecoder with) {
        return texts.isSilent(id) ? showControl ? texts.piece(id) : "" : with.push(id);
    }

    /** The rest, once the engine has finished the sequence. */
    @Nullable
    Delta finish() {
        if (stops.stopped()) {
            return null;
        }
        return release(decoder.finish(), true);
    }

    /** Of a text and what was held back before it, what may go out now. */
    private String letThrough(String text) {
        decoded += codePoints(text);
        // Stop strings count from the token after minTokens on; what comes before never reaches the matcher.
        String free = received <= minTokens ? text : stops.push(text);
        released += codePoints(free);
        return free;
    }

    private @Nullable Delta release(String text, boolean last) {
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
            read(free.substring(0, told), start, List.of(), new ArrayList<>());
            free = free.substring(told);
            start += again;
        }
        List<Token> tokens = new ArrayList<>(1);
        List<Known> controls = new ArrayList<>(1);
        while (!pending.isEmpty() && isDue(pending.getFirst(), last)) {
            Pending due = pending.removeFirst();
            tokens.add(due.token());
            if (due.silent()) {
                controls.add(new Known(due.token().id(), due.token().start()));
            }
        }
        if (reader == null) {
            return free.isEmpty() && tokens.isEmpty()
                    ? null
                    : new Delta(index, free, tokens, Delta.words(free), cached());
        }
        List<AnswerPart> parts = new ArrayList<>(2);
        read(free, start, controls, parts);
        if (last) {
            reader.finish(parts);
        }
        return free.isEmpty() && tokens.isEmpty() && parts.isEmpty()
                ? null
                : new Delta(index, free, tokens, parts, cached());
    }

    /** A token and where it starts. */
    private record Known(int id, int start) {}

    /**
     * Lets the reader see text, and the control tokens in it where they stand.
     *
     * @param start code points before the text
     * @param tokens in order; only those that are control tokens matter
     */
    private void read(String text, int start, List<Known> tokens, List<AnswerPart> parts) {
        if (reader == null) {
            return;
        }
        int at = 0;
        for (Known token : tokens) {
            if (!texts.isSilent(token.id())) {
                continue;
            }
            int to = text.offsetByCodePoints(0, Math.clamp(token.start() - start, 0, codePoints(text)));
            reader.text(text.substring(at, Math.max(at, to)), parts);
            at = Math.max(at, to);
            String piece = texts.piece(token.id());
            reader.control(piece, parts);
            if (showControl && text.startsWith(piece, at)) {
                at += piece.length(); // Its spelling is no text besides.
            }
        }
        reader.text(text.substring(at), parts);
    }

    private static int codePoints(String text) {
        return text.codePointCount(0, text.length());
    }

    private boolean isDue(Pending token, boolean last) {
        boolean caughtUp = released == decoded && !stops.stopped();
        return token.token().start() < released || (caughtUp && (token.silent() || last));
    }

    /** Whether a stop string has been found. */
    boolean stopped() {
        return stops.stopped();
    }

    /** The stop string found, or empty. */
    String stopString() {
        return stops.match();
    }

    /** Tokens taken, up to and with the one that completed a stop string. */
    int received() {
        return received;
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
