package dev.tramontane.engine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is guessed of one sequence's next tokens, and how often that was right. The engine thread's.
 *
 * <p>Tokens are guessed from a text that its client expects, from the sequence's own past, or by a draft model; each source has its own
 * share of right guesses, by which the {@link Speculator} decides whether more of them pay.
 */
final class Guesses {
    /** Where the guesses of a step come from. */
    private static final class Source {
        /** Share of right guesses that is assumed before there were any. */
        final double prior;

        double right;

        Source(double prior) {
            this.prior = prior;
            right = prior;
        }

        void forget() {
            right += RETURN * (prior - right);
        }

        void told(boolean wasRight) {
            right += WEIGHT * ((wasRight ? 1 : 0) - right);
        }
    }

    /** Of each guess in a share of right ones. */
    private static final double WEIGHT = 0.15;

    /** By which a share returns to what was assumed, for each token that is generated: what did not pay is tried again. */
    private static final double RETURN = 0.005;

    final Speculation wish;

    /** Whether the request asked for it by itself. */
    final boolean asked;

    private final TokenHistory past;
    private final TokenHistory predicted;

    /** Where in the expected text the answer stands; {@link TokenHistory#NOWHERE} where it has left it. */
    private int reached;

    /** A text that the client expects, or three tokens that stood before. */
    private final Source text = new Source(0.5);

    /** Two tokens that stood before. */
    private final Source pair = new Source(0.25);

    private final Source model = new Source(0.5);

    private Source source = text;

    /** Its place in the draft model's cache. */
    DraftModel.@Nullable Place place;

    /** Position of the first token that was ever in {@link #past}. */
    private final int first;

    /** Of the step that is planned: guessed tokens, how many of them will be computed, and of how many the mask was made. */
    final int[] tokens = new int[Speculation.MOST];

    /** Numbers of the masks of their draws in the batch. */
    final int[] masks = new int[Speculation.MOST];

    int planned;
    int masked;

    /** Guesses that were right, and wrong, since the start. */
    int accepted;

    int rejected;

    /** @param asked whether the request asked for it by itself */
    Guesses(Speculation wish, boolean asked, Request request) {
        this.wish = wish;
        this.asked = asked;
        past = new TokenHistory(request.length);
        predicted = new TokenHistory(Math.min(wish.predicted().length, TokenHistory.MOST));
        for (int i = 0; i < wish.predicted().length && i < TokenHistory.MOST; i++) {
            predicted.append(wish.predicted()[i]);
        }
        int[] known = request.prompt();
        int answer = known.length - request.continued();
        first = Math.max(0, known.length - TokenHistory.MOST);
        for (int i = first; i < known.length; i++) {
            past.append(known[i]);
            if (i >= answer) {
                follow(known[i]);
            }
        }
    }

    /** The next token of the answer. */
    private void follow(int token) {
        reached = predicted.knows(reached) && predicted.token(reached) == token ? reached + 1 : TokenHistory.NOWHERE;
    }

    /** A token was generated. */
    void append(int token) {
        past.append(token);
        follow(token);
        text.forget();
        pair.forget();
        model.forget();
    }

    /**
     * Looks for guesses in what is known.
     *
     * @param most that are wanted
     * @return how many there are in {@link #tokens}
     */
    int lookUp(int most) {
        int known = past.size();
        if (!predicted.knows(reached) && known >= 3) {
            reached = predicted.behind(past.token(known - 3), past.token(known - 2), past.token(known - 1));
        }
        if (predicted.knows(reached)) {
            source = text;
            return copy(predicted, reached, most, false);
        }
        int at = known < 3
                ? TokenHistory.NOWHERE
                : past.behind(past.token(known - 3), past.token(known - 2), past.token(known - 1));
        source = text;
        if (at == TokenHistory.NOWHERE && known >= 2) {
            at = past.behind(past.token(known - 2), past.token(known - 1));
            source = pair;
        }
        return at == TokenHistory.NOWHERE ? 0 : copy(past, at, most, true);
    }

    /** The guesses of this step will be the draft model's. */
    void askModel() {
        source = model;
    }

    DraftModel.Place draftPlace() {
        return Objects.requireNonNull(place);
    }

    /** A token of the answer, among the last {@link TokenHistory#MOST}. */
    int token(int position) {
        return past.token(position - first);
    }

    /** @param repeats whether what was guessed goes on behind the end of what is known, as in a text that repeats itself */
    private int copy(TokenHistory from, int at, int most, boolean repeats) {
        int count = repeats ? most : Math.min(most, from.size() - at);
        for (int i = 0; i < count; i++) {
            tokens[i] = at + i < from.size() ? from.token(at + i) : tokens[at + i - from.size()];
        }
        return count;
    }

    /** The probability that a guess is right where those before it are. */
    double share() {
        return source.right;
    }

    /** The planned guesses are computed: wrong, until they turn out to be right. */
    void computed() {
        rejected += planned;
    }

    /** One of the planned guesses was right: told before the next is looked at, which may end the sequence. */
    void wasRight() {
        accepted++;
        rejected--;
    }

    /** So many of the planned guesses were right, and another one wrong, where its draw was looked at. */
    void verified(int correct, boolean another) {
        for (int i = 0; i < correct; i++) {
            source.told(true);
        }
        if (another) {
            source.told(false);
        }
    }

    /** Nothing is planned. */
    void clear() {
        planned = 0;
        masked = 0;
        Arrays.fill(masks, 0);
    }
}
