package dev.tramontane.engine;

import dev.tramontane.model.Sampling;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An accepted submission: one or more sequences (choices) that share a prompt. Made on the submitter's thread, then the
 * engine thread's alone.
 *
 * <p>With several choices, the first one that lives leads: it computes all of the prompt but its last token. Then the
 * others fork off, sharing its pages, and each computes the last prompt token by itself, as it would any later token.
 * If the leader is cancelled before that, the next choice takes its pages over.
 */
final class Request implements Applicant {
    private static final int[] NO_MASK = {};

    final Submission submission;

    /** Tokens of prompt and answer at most. */
    final int length;

    final long submittedNanos;
    final List<Sequence> choices;

    /** Whether nothing may follow what is known: a guided answer that was continued at its end. */
    private final boolean finished;

    /** Sorted end tokens. */
    private final int[] endTokens;

    /** Bit per token that may be drawn; empty for all. */
    private final int[] mask;

    /** The same as long as end tokens may not. */
    private final int[] maskAtFirst;

    /** Whether every choice goes its own way: so from the start with a single choice that generates. */
    boolean forked;

    /** Choices that have not ended. */
    int live;

    /** Whether it has left the line for good. */
    boolean admitted;

    /** Whether somebody may come to ask for more. Written by any thread, and told to the engine's. */
    volatile boolean attended = true;

    /** Its place among {@link Deadlines} of the same time. */
    long number;

    private final AtomicBoolean claimed = new AtomicBoolean();

    /** The prompt's, by which what others have computed of it is found; null where nothing is kept. */
    final @Nullable PromptBlocks blocks;

    /** Whether its prompt was looked for. */
    boolean sought;

    @Nullable
    Reservation reservation;

    Request(
            Submission submission,
            int length,
            int vocabulary,
            List<? extends SequenceListener> listeners,
            Intake intake,
            long nanos) {
        this(submission, length, vocabulary, listeners, intake, nanos, null);
    }

    Request(
            Submission submission,
            int length,
            int vocabulary,
            List<? extends SequenceListener> listeners,
            Intake intake,
            long nanos,
            @Nullable PromptBlocks blocks) {
        this.submission = submission;
        this.blocks = blocks;
        submittedNanos = nanos;
        endTokens = submission.endTokens().stream()
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        mask = maskOf(submission.sampling().allowed(), vocabulary);
        maskAtFirst = submission.minTokens() > 0 && endTokens.length > 0 ? without(endTokens, mask, vocabulary) : mask;
        Sequence[] sequences = new Sequence[listeners.size()];
        for (int choice = 0; choice < sequences.length; choice++) {
            sequences[choice] = new Sequence(this, choice, listeners.get(choice), intake);
        }
        choices = List.of(sequences);
        Guide guide = sequences[0].guide;
        finished = guide != null && guide.isFinished();
        this.length = finished ? submission.prompt().length : length;
        live = sequences.length;
        forked = sequences.length == 1 && !onlyPrompt();
    }

    /** Whether the caller is first: the engine claims what it takes, a submitter that could not hand over what it takes back. */
    boolean claim() {
        return !claimed.getAndSet(true);
    }

    @Override
    public Tenant tenant() {
        return submission.tenant();
    }

    Urgency urgency() {
        return submission.urgency();
    }

    @Override
    public int priority() {
        return submission.urgency().priority();
    }

    @Override
    public int promptTokens() {
        return submission.prompt().length;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int places() {
        return live;
    }

    /** Nothing of it is to be told, and what is computed of its prompt would be found by nobody or is of an answer that is whole. */
    @Override
    public boolean endsAtOnce() {
        return onlyPrompt() && !scoresPrompt() && (blocks == null || continued() > 0);
    }

    int[] prompt() {
        return submission.prompt();
    }

    /** Tokens that were generated before this request, the prompt's last. */
    int continued() {
        return submission.continued();
    }

    /** Tokens of the whole answer at most, those continued included. */
    int answer() {
        return length - submission.asked();
    }

    boolean scoresPrompt() {
        return submission.promptTops() >= 0;
    }

    /** Whether all tokens are known: nothing is generated, so nothing waits for demand. */
    boolean onlyPrompt() {
        return length == prompt().length;
    }

    /** How it ends where all tokens are known. */
    FinishReason knownEnd() {
        return finished ? FinishReason.STOP : FinishReason.LENGTH;
    }

    boolean isEndToken(int token) {
        return Arrays.binarySearch(endTokens, token) >= 0;
    }

    /** Not to be changed. */
    int[] endTokens() {
        return endTokens;
    }

    /** The mask for the next token of a choice that has generated so many. */
    int[] mask(int generated) {
        return generated < submission.minTokens() ? maskAtFirst : mask;
    }

    Sampling samplingOf(int choice) {
        return choice == 0
                ? submission.sampling()
                : submission.sampling().withSeed(submission.sampling().seed() + choice);
    }

    /** Whether some choice may generate. */
    boolean hasDemand() {
        for (int choice = 0; choice < choices.size(); choice++) {
            Sequence sequence = choices.get(choice);
            if (!sequence.over && sequence.hasDemand()) {
                return true;
            }
        }
        return false;
    }

    /** The first choice that lives. */
    Sequence leader() {
        for (int choice = 0; choice < choices.size(); choice++) {
            if (!choices.get(choice).over) {
                return choices.get(choice);
            }
        }
        throw new IllegalStateException("a request without a living choice has no leader");
    }

    private static int[] maskOf(Set<Integer> allowed, int vocabulary) {
        if (allowed.isEmpty()) {
            return NO_MASK;
        }
        int[] mask = new int[(vocabulary + 31) / 32];
        for (int token : allowed) {
            mask[token / 32] |= 1 << token % 32;
        }
        return mask;
    }

    /** @param from a mask, or none for all tokens */
    private static int[] without(int[] forbidden, int[] from, int vocabulary) {
        int[] mask = from.clone();
        if (from.length == 0) {
            mask = new int[(vocabulary + 31) / 32];
            Arrays.fill(mask, -1);
            if (vocabulary % 32 != 0) {
                mask[mask.length - 1] = (1 << vocabulary % 32) - 1;
            }
        }
        for (int token : forbidden) {
            mask[token / 32] &= ~(1 << token % 32);
        }
        return mask;
    }
}
