package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands the results of a finished step to the sequences and their listeners. Engine thread only. */
final class Publisher {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    private final RunningSequences sequences;
    private final Delivery delivery;
    private long promptTokens;
    private long generatedTokens;
    private long accepted;
    private long rejected;

    Publisher(RunningSequences sequences, Delivery delivery) {
        this.sequences = sequences;
        this.delivery = delivery;
    }

    /** Prompt tokens computed since the start. */
    long promptTokens() {
        return promptTokens;
    }

    /** Tokens sampled since the start. */
    long generatedTokens() {
        return generatedTokens;
    }

    /** Tokens that were guessed since the start, and drawn. */
    long acceptedGuesses() {
        return accepted;
    }

    /** Tokens that were guessed since the start, and not drawn. */
    long rejectedGuesses() {
        return rejected;
    }

    /** Results lie in the batch in the order in which {@link BatchFiller} asked for them. */
    void publish(StepPlan plan, StepBatch batch, long now) {
        int sample = 0;
        for (int i = 0; i < plan.size(); i++) {
            Sequence sequence = plan.sequence(i);
            int next = sample + sequence.samples(plan.rows(i)) + plan.guesses(i);
            try {
                if (batch.isBroken(i)) {
                    broken(sequence);
                } else {
                    publish(sequence, plan.rows(i), plan.guesses(i), batch, sample, now);
                }
            } catch (Throwable fault) { // The others' results are there and theirs.
                LOG.error("a result could not be handed over; its request is ended", fault);
                sequences.endAll(sequence.request, FinishReason.ERROR, EngineLoop.BROKEN);
            }
            sample = next;
        }
    }

    /** Nothing of it is kept, also where its rows are those of a prompt of which no result tells. */
    private void broken(Sequence sequence) {
        String why = complaint(StepBatch.NOT_FINITE);
        if (sequence.request.forked) {
            sequences.end(sequence, FinishReason.ERROR, -1, why);
        } else {
            sequences.endAll(sequence.request, FinishReason.ERROR, why);
        }
    }

    /** One sequence's results, beginning with {@code firstSample}. */
    private void publish(Sequence sequence, int rows, int guessed, StepBatch batch, int firstSample, long now) {
        Request request = sequence.request;
        int sample = firstSample;
        int start = sequence.computed;
        boolean samplesToken = sequence.samplesToken(rows);
        boolean again = samplesToken && sequence.maskMissing;
        Guesses guesses = guessed > 0 ? sequence.guesses : null;
        if (guesses != null) {
            guesses.computed();
            rejected += guessed;
        }
        int kept = again ? rows - 1 : rows; // The row whose draw had no mask is computed once more, the same.
        sequence.computed += kept;
        sequences.computed(sequence, start);
        promptTokens += Math.clamp(request.prompt().length - start, 0, kept);
        for (int position = start; position < start + rows; position++) {
            if (sequence.scores(position)) {
                score(request, position + 1, batch, sample++);
            }
        }
        if (again) {
            return;
        }
        if (samplesToken) {
            boolean goesOn = sampled(sequence, batch, sample, now);
            if (guesses != null) {
                verify(sequence, guesses, goesOn, batch, sample, now);
            }
        } else if (!request.forked && request.live > 0) {
            sequences.forkWhenComputed(request);
        }
    }

    /** A prompt is scored once for all its choices. */
    private void score(Request request, int index, StepBatch batch, int sample) {
        if (batch.resultStatus(sample) != StepBatch.OK) {
            sequences.endAll(request, FinishReason.ERROR, complaint(batch.resultStatus(sample)));
            return;
        }
        TokenScore score = Delivery.score(batch, sample);
        for (Sequence sequence : request.choices) {
            if (!sequence.unheard() && !delivery.promptToken(sequence, index, score)) {
                sequences.end(sequence, FinishReason.ERROR, -1, EngineLoop.BROKEN);
            }
        }
    }

    /** As long as what is drawn is what was guessed, the next row is that of the next token, and its draw counts. */
    private void verify(Sequence sequence, Guesses guesses, boolean begun, StepBatch batch, int firstSample, long now) {
        boolean goesOn = begun;
        int right = 0;
        int most = sequence.guide == null ? guesses.planned : guesses.masked;
        while (goesOn && right < most && batch.resultToken(firstSample + right) == guesses.tokens[right]) {
            right++;
            guesses.wasRight();
            accepted++;
            rejected--;
            sequence.computed++;
            sequences.computed(sequence, sequence.computed - 1);
            goesOn = sampled(sequence, batch, firstSample + right, now);
        }
        guesses.verified(right, goesOn && right < most);
    }

    /** @return whether the sequence goes on */
    private boolean sampled(Sequence sequence, StepBatch batch, int sample, long now) {
        if (sequence.unheard()) {
            return false;
        }
        if (sequence.unguided != null) {
            sequences.end(sequence, FinishReason.ERROR, -1, sequence.unguided);
            return false;
        }
        if (batch.resultStatus(sample) != StepBatch.OK) {
            sequences.end(sequence, FinishReason.ERROR, -1, complaint(batch.resultStatus(sample)));
            return false;
        }
        int token = batch.resultToken(sample);
        sequence.append(token);
        generatedTokens++;
        sequences.sampled(sequence, now);
        if (sequence.sampled() == 1 && !delivery.prefilled(sequence)) {
            sequences.end(sequence, FinishReason.ERROR, -1, EngineLoop.BROKEN);
            return false;
        }
        if (sequence.request.isEndToken(token)) {
            sequences.end(sequence, FinishReason.STOP, token, "");
            return false;
        }
        String fault = guide(sequence, token);
        if (!fault.isEmpty()) {
            sequences.end(sequence, FinishReason.ERROR, -1, fault);
        } else if (!delivery.token(sequence, Delivery.score(batch, sample))) {
            sequences.end(sequence, FinishReason.ERROR, -1, EngineLoop.BROKEN);
        } else if (sequence.guide != null && sequence.guide.isFinished()) {
            sequences.end(sequence, FinishReason.STOP, -1, "");
        } else if (sequence.generated == sequence.request.answer()) {
            sequences.end(sequence, FinishReason.LENGTH, -1, "");
        }
        return !sequence.over;
    }

    /** Tells a sequence's guide of a token; says what is wrong with it, empty where nothing is. */
    private static String guide(Sequence sequence, int token) {
        try {
            if (sequence.guide == null || sequence.guide.accept(token)) {
                return "";
            }
            LOG.error("token {} was drawn by a mask that its guide does not allow; its request is ended", token);
            return EngineLoop.BROKEN;
        } catch (GuideException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String complaint(int status) {
        return status == StepBatch.MASKED_OUT
                ? "no token is left to draw: logit_bias, allowed_token_ids and min_tokens exclude all of them, or what"
                        + " the answer's structure leaves"
                : "the model computed something that is not a number for this request";
    }
}
