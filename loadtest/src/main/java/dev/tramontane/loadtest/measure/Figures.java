package dev.tramontane.loadtest.measure;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Outcome;
import java.util.EnumMap;
import java.util.Map;

/**
 * What some requests came to. Times are of answers that came whole; {@code goodput} counts of all those that were meant
 * to be read whole. Not safe for several threads.
 */
public final class Figures {
    private final Times firstToken;
    private final Times betweenTokens;
    private final Times perToken;
    private final Times whole;
    private final Map<End, Long> ends;
    private long met;
    private long promptTokens;
    private long answerTokens;
    private long pieces;

    public Figures() {
        this(new Times(), new Times(), new Times(), new Times(), new EnumMap<>(End.class));
    }

    private Figures(Times firstToken, Times betweenTokens, Times perToken, Times whole, Map<End, Long> ends) {
        this.firstToken = firstToken;
        this.betweenTokens = betweenTokens;
        this.perToken = perToken;
        this.whole = whole;
        this.ends = ends;
    }

    void add(Outcome outcome, Slo slo) {
        ends.merge(outcome.end(), 1L, Long::sum);
        if (slo.met(outcome)) {
            met++;
        }
        promptTokens += Math.max(0, outcome.promptTokens());
        answerTokens += outcome.tokens();
        pieces += outcome.events().length;
        if (outcome.end() != End.FINISHED) {
            return;
        }
        whole.add(outcome.whole());
        long[] events = outcome.events();
        if (events.length > 0) {
            firstToken.add(outcome.firstToken());
        }
        if (outcome.perToken() >= 0) {
            perToken.add(outcome.perToken());
        }
        for (int i = 1; i < events.length; i++) {
            betweenTokens.add(events[i] - events[i - 1]);
        }
    }

    Figures copy() {
        return with(firstToken.copy(), whole.copy());
    }

    /** As {@link Times#corrected}, of what begins with the request; gaps are the server's own pace. */
    Figures corrected(double interval) {
        return with(firstToken.corrected(interval), whole.corrected(interval));
    }

    /** A copy with other times of what begins with the request. */
    private Figures with(Times otherFirstToken, Times otherWhole) {
        Figures copy =
                new Figures(otherFirstToken, betweenTokens.copy(), perToken.copy(), otherWhole, new EnumMap<>(ends));
        copy.met = met;
        copy.promptTokens = promptTokens;
        copy.answerTokens = answerTokens;
        copy.pieces = pieces;
        return copy;
    }

    /** From the intended start to the first text. */
    public Times firstToken() {
        return firstToken;
    }

    /** Between two pieces of text of one answer. */
    public Times betweenTokens() {
        return betweenTokens;
    }

    /** A request's mean time of a token, the first left out. */
    public Times perToken() {
        return perToken;
    }

    /** From the intended start to the end. */
    public Times whole() {
        return whole;
    }

    public long count(End end) {
        return ends.getOrDefault(end, 0L);
    }

    public long requests() {
        return ends.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Requests that met the objective. */
    public long met() {
        return met;
    }

    /** Requests that met the objective, of those whose reader meant to read all; 1 without any. */
    public double metShare() {
        long meant = requests() - count(End.LEFT);
        return meant == 0 ? 1 : (double) met / meant;
    }

    /** By the server's count. */
    public long promptTokens() {
        return promptTokens;
    }

    /** By the server's count; where it gives none, as of an answer that was cut, pieces of text. */
    public long answerTokens() {
        return answerTokens;
    }

    /** Pieces of text that came: as many as tokens where a server sends each token alone. */
    public long pieces() {
        return pieces;
    }
}
