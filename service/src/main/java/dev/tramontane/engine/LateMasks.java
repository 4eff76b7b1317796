package dev.tramontane.engine;

import dev.tramontane.model.StepBatch;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masks of guided draws, made while the model computes their logits: this thread would only wait meanwhile. Engine thread only.
 *
 * <p>A mask that can't be made allows nothing, so the draw has no result, and the {@link Publisher} finds in its sequence why.
 */
final class LateMasks {
    private static final Logger LOG = LoggerFactory.getLogger(LateMasks.class);

    private record Draw(Sequence sequence, Guide guide, int mask) {}

    private record Guessed(Sequence sequence, Guide guide, Guesses guesses) {}

    private final List<Draw> draws = new ArrayList<>();
    private final List<Draw> unfinished = new ArrayList<>();
    private final List<Guessed> guessed = new ArrayList<>();
    private int turn;
    private final long[] words;

    LateMasks(int vocabulary) {
        words = new long[(vocabulary + 63) / 64];
    }

    void clear() {
        draws.clear();
        guessed.clear();
    }

    /** @param mask its number in the batch */
    void add(Sequence sequence, Guide guide, int mask) {
        draws.add(new Draw(sequence, guide, mask));
    }

    /** The draws behind guesses: their masks are made last, as far as there is work left. What has none counts as guessed wrongly. */
    void addGuessed(Sequence sequence, Guide guide, Guesses guesses) {
        guessed.add(new Guessed(sequence, guide, guesses));
    }

    int size() {
        return draws.size();
    }

    /** Each gets an equal share of half the work; then those that need more get what is left, in an order that turns from step to step. */
    void write(StepBatch batch) {
        int share = Math.min(MaskWork.MASK, MaskWork.STEP / 2 / Math.max(1, draws.size()));
        int spent = 0;
        unfinished.clear();
        for (Draw draw : draws) {
            spent += write(draw, batch, share);
            if (draw.sequence.maskMissing) {
                unfinished.add(draw);
            }
        }
        turn = (turn + 1) % Integer.MAX_VALUE;
        for (int at = 0; at < unfinished.size() && share < MaskWork.MASK; at++) {
            Draw draw = unfinished.get((at + turn % unfinished.size()) % unfinished.size());
            spent += write(draw, batch, Math.clamp(MaskWork.STEP - spent, 0, MaskWork.MASK));
        }
        for (int at = 0; at < guessed.size(); at++) {
            Guessed next = guessed.get((at + turn % guessed.size()) % guessed.size());
            spent += write(next, batch, Math.clamp(MaskWork.STEP - spent, 0, MaskWork.MASK));
        }
    }

    /** Leads a copy of the guide on over what was guessed. */
    private int write(Guessed next, StepBatch batch, int most) {
        Sequence sequence = next.sequence;
        if (sequence.maskMissing || sequence.unguided != null) {
            return 0;
        }
        MaskWork work = new MaskWork(most);
        try {
            Guide ahead = next.guide.fork();
            for (int i = 0; ahead != null && i < next.guesses.planned; i++) {
                if (!ahead.accept(next.guesses.tokens[i]) || ahead.isFinished() || !ahead.mask(words, work)) {
                    break;
                }
                restrict(sequence, ahead, i + 1);
                batch.writeMask(next.guesses.masks[i], words);
                next.guesses.masked = i + 1;
            }
        } catch (GuideException atItsEnd) {
            // Whether the guide itself gets there is seen when it does.
        } catch (Throwable fault) { // Nothing depends on it: what has no mask is drawn in another step.
            LOG.error("a mask could not be made ahead", fault);
        }
        return most - work.left();
    }

    /** @return what it took */
    private int write(Draw draw, StepBatch batch, int most) {
        Sequence sequence = draw.sequence;
        sequence.unguided = null;
        sequence.maskMissing = false;
        MaskWork work = new MaskWork(most);
        try {
            if (draw.guide.mask(words, work)) {
                restrict(sequence, draw.guide, 0);
                batch.writeMask(draw.mask, words);
            } else {
                sequence.maskMissing = true;
            }
        } catch (GuideException e) {
            sequence.unguided = String.valueOf(e.getMessage());
        } catch (Throwable fault) { // The others' masks are still to be made, and the model waits for them.
            LOG.error("a mask could not be made; its request is ended", fault);
            sequence.unguided = EngineLoop.BROKEN;
        }
        return most - work.left();
    }

    /** What else the request says. An answer that can only end does so whatever {@code min_tokens} wants. */
    private void restrict(Sequence sequence, Guide guide, int ahead) {
        Request request = sequence.request;
        if (!guide.isComplete()) {
            for (int end : request.endTokens()) {
                words[end / 64] &= ~(1L << end % 64);
            }
        }
        int[] also = request.mask(guide.isFinished() ? Integer.MAX_VALUE : sequence.generated + ahead);
        StepBatch.restrict(words, also);
    }
}
