package dev.tramontane.api;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What became of one request, for its access line: tokens so far and the time of the first. Any thread. */
public final class Tally {
    private static final String KEY = "tramontane.tally";

    /** Answer of a prompt. */
    private record Place(int prompt, int choice) {}

    private final long begunNanos = System.nanoTime();

    /** Tokens of the answers under way; an end tells its answer's whole number, what the text does not show included. */
    private final Map<Place, Integer> running = new HashMap<>();

    private Pass pass = Pass.FREE;
    private final List<String> reasons = new ArrayList<>();
    private long promptTokens;
    private long endedTokens;
    private long firstNanos = -1;

    /** The request's own; the first call starts its clock. */
    public static Tally of(RoutingContext context) {
        Tally known = context.get(KEY);
        if (known == null) {
            known = new Tally();
            context.put(KEY, known);
        }
        return known;
    }

    /** Whoever asked pays for what is seen from now on. */
    public synchronized void paidBy(Pass theirs) {
        pass = theirs;
    }

    /** When it began, of {@link System#nanoTime}. */
    public long begunNanos() {
        return begunNanos;
    }

    /** Why each answer that is whole ended, in the order of their ends. */
    synchronized List<String> reasons() {
        return List.copyOf(reasons);
    }

    /** What an earlier process has computed of the request's only answer, and somebody has paid for. */
    public synchronized void known(int promptIds, int answerIds) {
        promptTokens += promptIds;
        running.merge(new Place(0, 0), answerIds, Integer::sum);
    }

    /** What an earlier process has told of one answer, and somebody has paid for. */
    public synchronized void known(int prompt, int choice, int answerIds) {
        running.merge(new Place(prompt, choice), answerIds, Integer::sum);
    }

    /** Counts an event of one of the request's prompts. */
    public synchronized void see(int prompt, GenerationEvent event) {
        switch (event) {
            case Accepted accepted -> {
                promptTokens += accepted.promptIds().length;
                pass.spend(accepted.promptIds().length, 0);
            }
            case Scored ignored -> {}
            case Delta delta -> {
                if (firstNanos < 0) {
                    firstNanos = System.nanoTime() - begunNanos;
                }
                running.merge(new Place(prompt, delta.choice()), delta.tokens().size(), Integer::sum);
                pass.spend(0, delta.tokens().size());
            }
            case Finished finished -> {
                Integer shown = running.remove(new Place(prompt, finished.choice()));
                reasons.add(finished.reason().name().toLowerCase(Locale.ROOT));
                endedTokens += finished.usage().completionTokens();
                pass.spend(0, finished.usage().completionTokens() - (shown == null ? 0 : shown));
            }
        }
    }

    /** Tokens of all prompts that were admitted or queued. */
    synchronized long promptTokens() {
        return promptTokens;
    }

    /** Tokens of all answers. */
    synchronized long answerTokens() {
        return endedTokens
                + running.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** From the beginning to the first text, or -1 when there was none. */
    synchronized long firstNanos() {
        return firstNanos;
    }

    long nanos() {
        return System.nanoTime() - begunNanos;
    }
}
