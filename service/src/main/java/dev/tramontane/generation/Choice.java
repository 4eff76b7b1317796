package dev.tramontane.generation;

import dev.tramontane.engine.TokenScore;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Token;
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
final class Choice {
    /** A token that waits for its text. */
    private record Pending(Token token, boolean silent) {}

    private final int index;
    private final TokenTexts texts;
    private final TokenDecoder decoder;
    private final StopMatcher stops;
    private final int minTokens;
    private final boolean showControl;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();

    /** Code points decoded, and of these let through. */
    private int decoded;

    private int released;
    private int received;

    /** Tokens asked of the engine that have not come yet. */
    int granted;

    boolean finished;

    Choice(int index, GenerationRequest request, TokenTexts texts) {
        this.index = index;
        this.texts = texts;
        decoder = texts.decoder();
        stops = new StopMatcher(request.stops().strings(), request.stops().includeString());
        minTokens = request.stops().minTokens();
        showControl = request.showControl();
    }

    /** Takes a token; returns what it made known, if anything. */
    @Nullable
    Delta push(TokenScore score) {
        if (stops.stopped()) {
            return null; // Sampled before the engine saw the cancellation.
        }
        received++;
        boolean silent = texts.isSilent(score.id());
        pending.add(new Pending(texts.describe(score, decoded), silent));
        String text = silent ? showControl ? texts.piece(score.id()) : "" : decoder.push(score.id());
        return release(text, false);
    }

    /** The rest, once the engine has finished the sequence. */
    @Nullable
    Delta finish() {
        if (stops.stopped()) {
            return null;
        }
        return release(decoder.finish(), true);
    }

    private @Nullable Delta release(String text, boolean last) {
        decoded += text.codePointCount(0, text.length());
        // Stop strings count from the token after minTokens on; what comes before never reaches the matcher.
        String free = received <= minTokens ? text : stops.push(text);
        if (last) {
            free += stops.finish();
        }
        released += free.codePointCount(0, free.length());
        List<Token> tokens = new ArrayList<>(1);
        while (!pending.isEmpty() && isDue(pending.getFirst(), last)) {
            tokens.add(pending.removeFirst().token());
        }
        return free.isEmpty() && tokens.isEmpty() ? null : new Delta(index, free, tokens);
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

    int index() {
        return index;
    }
}
