package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One choice of a request. It has no phases, only counts: {@code tokens()} known and {@code computed} of them; prefill,
 * a chunk, decode and resume are all "some tokens are not computed yet". Demand and cancellation come from any thread;
 * everything else is the engine thread's.
 */
final class Sequence implements SequenceHandle {
    final Request request;
    final int choice;
    final SequenceListener listener;
    final Sampling sampling;

    /** What it must be; null where it may be anything. */
    final @Nullable Guide guide;

    /** In a step: why its guide is at an end, null while it is not. */
    @Nullable
    String unguided;

    /** In a step: whether its mask has to be gone on with in the next. */
    boolean maskMissing;

    private final Intake intake;

    /** Tokens that the answer may have in all. */
    private final AtomicLong demand;

    private final AtomicBoolean cancelled = new AtomicBoolean();

    /** Whether more demand is news to the engine. */
    private final AtomicBoolean parked = new AtomicBoolean();

    /** As the how manieth it was admitted. */
    long order;

    /** Tokens whose keys and values are in the cache. */
    int computed;

    /** Tokens of the answer so far: those that the request continues, then the sampled ones, an end token included. */
    int generated;

    /** Prompt tokens that were computed for another sequence: another choice, or one that had the same beginning. */
    int cached;

    /** The last step in which it took a turn among more decodes than lanes. */
    long turn;

    /** Whether it has ended and holds nothing. */
    boolean over;

    /** Whether its listener threw when it was told something late: it hears of nothing more but its end. */
    boolean deaf;

    /** When the last token was delivered. */
    long lastTokenNanos;

    long firstTokenNanos;

    /** Whether it was admitted, and when. */
    boolean started;

    long startedNanos;

    private @Nullable PageTable table;

    /** Kept only if the sampling penalises, from admission on. */
    @Nullable
    TokenCounts counts;

    /** Kept only if its tokens are guessed ahead, from admission on. */
    @Nullable
    Guesses guesses;

    private int lastToken;

    Sequence(Request request, int choice, SequenceListener listener, Intake intake) {
        this.request = request;
        this.choice = choice;
        this.listener = listener;
        this.intake = intake;
        sampling = request.samplingOf(choice);
        guide = request.submission.newGuide();
        generated = request.continued();
        demand = new AtomicLong(saturated(request.submission.initialDemand(), generated));
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            throw new IllegalArgumentException("demand must be at least 1, got " + n);
        }
        demand.getAndUpdate(before -> saturated(before, n));
        try {
            if (parked.get() && parked.getAndSet(false)) {
                intake.wake(this);
            }
        } catch (Throwable died) {
            intake.unheard = true; // The demand will be found.
            throw died;
        }
    }

    @Override
    public void attended(boolean attended) {
        request.attended = attended;
        try {
            intake.attend(request);
        } catch (Throwable died) {
            intake.unheard = true; // The mark will be found.
            throw died;
        }
    }

    @Override
    public void cancel() {
        if (!cancelled.getAndSet(true)) {
            try {
                intake.cancel(this);
            } catch (Throwable died) {
                intake.unheard = true; // The mark will be found.
                throw died;
            }
        }
    }

    /**
     * Engine thread: whoever demands more from now on says so.
     *
     * @return false when there is demand already, so that it can't be parked
     */
    boolean park() {
        if (request.forked) {
            parked.set(true);
        } else { // The demand of any choice moves the prompt.
            request.choices.forEach(other -> other.parked.set(true));
        }
        return !runnable();
    }

    private static long saturated(long a, long b) {
        return a + b < 0 ? Long.MAX_VALUE : a + b;
    }

    boolean hasTable() {
        return table != null;
    }

    PageTable table() {
        if (table == null) {
            throw new IllegalStateException("this sequence holds no pages");
        }
        return table;
    }

    /** Takes a page table over, with so many tokens computed in it. */
    void take(PageTable theTable, int tokensComputed) {
        table = theTable;
        computed = tokensComputed;
    }

    /** Gives the page table away. */
    PageTable giveTable() {
        PageTable given = table();
        table = null;
        return given;
    }

    /** Whether the submitter wants nothing more. */
    boolean cancelled() {
        return cancelled.get();
    }

    /** Whether there is nobody to be told of what is computed for it. */
    boolean unheard() {
        return over || deaf || cancelled();
    }

    boolean hasDemand() {
        return demand.get() > generated;
    }

    /** Tokens known: prompt and generated. */
    int tokens() {
        return request.submission.asked() + generated;
    }

    /** Tokens to compute before anything else can happen: a leader leaves the last prompt token to each choice. */
    int goal() {
        return request.forked ? tokens() : request.prompt().length - 1;
    }

    int pending() {
        return goal() - computed;
    }

    /** Whether a step may compute some of it. */
    boolean runnable() {
        return pending() > 0 && (request.onlyPrompt() || (request.forked ? hasDemand() : request.hasDemand()));
    }

    /** Whether computing {@code rows} more rows samples a token. */
    boolean samplesToken(int rows) {
        return request.forked && computed + rows == tokens();
    }

    /** Results that {@link BatchFiller} asks for in so many more rows of known tokens. */
    int samples(int rows) {
        int samples = samplesToken(rows) ? 1 : 0;
        if (request.scoresPrompt()) {
            samples += Math.clamp(request.submission.asked() - 1 - computed, 0, rows);
        }
        return samples;
    }

    /** Tokens that may be generated in a step beside the next one: as many as are demanded, and none past the answer's end. */
    int roomAhead() {
        return (int) Math.min(request.answer() - generated, demand.get() - generated) - 1;
    }

    /** Of the prompt proper, what was computed for another sequence. */
    int cachedPrompt() {
        return Math.min(cached, request.submission.asked());
    }

    /** Tokens that were sampled here. */
    int sampled() {
        return generated - request.continued();
    }

    /** Whether the row of {@code position} scores the next prompt token. */
    boolean scores(int position) {
        return request.scoresPrompt() && position + 1 < request.submission.asked();
    }

    int tokenAt(int position) {
        int[] prompt = request.prompt();
        return position < prompt.length ? prompt[position] : lastToken;
    }

    /** Takes in a sampled token. */
    void append(int token) {
        lastToken = token;
        generated++;
        if (table != null && table.chain != null) {
            table.chain.append(token);
        }
        if (counts != null) {
            counts.generated(token);
        }
        if (guesses != null) {
            guesses.append(token);
        }
    }
}
