package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;

/** Hands the results of a finished step to the sequences and their listeners. Engine thread only. */
final class Publisher {
    private final Residents residents;
    private final Delivery delivery;
    private long promptTokens;
    private long generatedTokens;

    Publisher(Residents residents, Delivery delivery) {
        this.residents = residents;
        this.delivery = delivery;
    }

    /** Prompt tokens computed since the start. */
    long promptTokens() {
        return promptTokens;
    }

    /** Tokens drawn since the start. */
    long generatedTokens() {
        return generatedTokens;
    }

    /** Results lie in the batch in the order in which {@link BatchFiller} asked for them. */
    void publish(StepPlan plan, StepBatch batch, long now) {
        int sample = 0;
        for (int i = 0; i < plan.size(); i++) {
            sample = publish(plan.sequence(i), plan.rows(i), batch, sample, now);
        }
    }

    /** One sequence's results, beginning with {@code firstSample}; returns the next sequence's first. */
    private int publish(Sequence sequence, int rows, StepBatch batch, int firstSample, long now) {
        Request request = sequence.request;
        int sample = firstSample;
        int start = sequence.computed;
        boolean draws = sequence.draws(rows);
        sequence.computed += rows;
        promptTokens += Math.clamp(request.prompt().length - start, 0, rows);
        for (int position = start; position < start + rows; position++) {
            if (sequence.scores(position)) {
                score(request, position + 1, batch, sample++);
            }
        }
        if (draws) {
            draw(sequence, batch, sample++, now);
        } else if (!request.forked && request.live > 0) {
            residents.forkWhenComputed(request);
        }
        return sample;
    }

    /** A prompt is scored once for all its choices. */
    private void score(Request request, int index, StepBatch batch, int sample) {
        if (batch.resultStatus(sample) != StepBatch.OK) {
            residents.endAll(request, FinishReason.ERROR, complaint(batch.resultStatus(sample)));
            return;
        }
        TokenScore score = Delivery.score(batch, sample);
        for (Sequence sequence : request.choices) {
            if (!sequence.over && !sequence.cancelled() && !delivery.promptToken(sequence, index, score)) {
                residents.end(sequence, FinishReason.CANCELLED, -1, "");
            }
        }
    }

    private void draw(Sequence sequence, StepBatch batch, int sample, long now) {
        if (sequence.over || sequence.cancelled()) {
            return;
        }
        if (batch.resultStatus(sample) != StepBatch.OK) {
            residents.end(sequence, FinishReason.ERROR, -1, complaint(batch.resultStatus(sample)));
            return;
        }
        int token = batch.resultToken(sample);
        sequence.append(token);
        generatedTokens++;
        residents.drew(sequence, now);
        if (sequence.request.ends(token)) {
            residents.end(sequence, FinishReason.STOP, token, "");
        } else if (!delivery.token(sequence, Delivery.score(batch, sample))) {
            residents.end(sequence, FinishReason.CANCELLED, -1, "");
        } else if (sequence.generated == sequence.request.answer()) {
            residents.end(sequence, FinishReason.LENGTH, -1, "");
        }
    }

    private static String complaint(int status) {
        return status == StepBatch.MASKED_OUT
                ? "no token is left to draw: the bias and the minimum length exclude all of them"
                : "the model computed something that is not a number for this request";
    }
}
