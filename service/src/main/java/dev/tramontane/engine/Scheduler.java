package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what a step computes. Engine thread only; no clock, no random source.
 *
 * <p>Sequences with a single token to compute (decodes) come first and take turns when there are more of them than
 * lanes: tenant by tenant, and each tenant's among themselves ({@link DecodeTurns}). The rest of the token budget goes to
 * longer ones (prompts) in order of admission, so the oldest prompt always moves: it has a lane of its own, and with one
 * lane only, prompts and decodes alternate. A sequence without demand takes no part: it is parked first. Where several tenants have prompts,
 * his are first for whom least was computed ({@link FairRows}); of one tenant's the more urgent, but in every {@value
 * #ORDERLY}th step the oldest. So whatever may run, runs after a number of steps bounded by the number of sequences.
 * A prompt whose next block another one computes already waits for it: it will find it.
 *
 * <p>How many rows of prompts a step takes is given from outside, by {@link RowBudget}; at least one, so that they move.
 */
final class Scheduler {
    private static final Comparator<Sequence> MORE_URGENT =
            Comparator.comparingInt(sequence -> sequence.request.priority());

    private final int lanes;
    private final int tokenBudget;
    private final int maxSamples;

    private final Admitted admitted;

    /** The decode whose turn is next is the first that was admitted as so manieth or later. */
    private long turn;

    private boolean promptTurn;

    /** One step in so many computes prompts in order of admission, whatever their priorities. */
    static final int ORDERLY = 16;

    /** Prompts of this step, in the order in which they get rows. */
    private final List<Sequence> prompting = new ArrayList<>();

    private long promptSteps;

    private final DecodeTurns turns = new DecodeTurns();

    private final FairRows fairness = new FairRows();
    private final UnderWay underWay = new UnderWay();

    Scheduler(Admitted admitted, int lanes, int tokenBudget, int maxSamples) {
        this.admitted = admitted;
        this.lanes = lanes;
        this.tokenBudget = tokenBudget;
        this.maxSamples = maxSamples;
    }

    /** Fills an empty plan; it stays empty if nothing may run. */
    void plan(StepPlan plan, RowBudget budget) {
        int decodes = 0;
        prompting.clear();
        fairness.begin();
        underWay.begin();
        admitted.settle();
        for (int i = 0; i < admitted.running(); i++) {
            Sequence sequence = admitted.running(i);
            fairness.asks(sequence.request.tenant());
            if (sequence.pending() == 1) {
                decodes++;
            } else {
                prompting.add(sequence);
            }
        }
        int prompts = prompting.size();
        order();
        planDecodes(plan, decodes, Math.min(decodes, prompts > 0 ? lanesBesidePrompt(decodes) : lanes));
        if (prompts > 0) {
            int rows = Math.max(
                    1, promptsAhead() ? budget.promptRowsAhead(plan.size()) : budget.promptRows(plan.size(), prompts));
            planPrompts(plan, (int) Math.min(tokenBudget, (long) plan.totalRows() + rows));
        }
        fairness.planned(plan);
    }

    /** Guesses were added to the plan: their rows are somebody's, too. */
    void guessed(StepPlan plan) {
        fairness.guessed(plan);
    }

    /** Whether somebody who has a head start has a prompt. */
    private boolean promptsAhead() {
        if (fairness.tenants() > 1) {
            for (int i = 0; i < prompting.size(); i++) {
                if (fairness.isAhead(prompting.get(i).request.tenant().name())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Of one tenant's prompts the more urgent come first, save in one step of some, so that the oldest moves. */
    private void order() {
        if (prompting.size() > 1 && ++promptSteps % ORDERLY != 0) {
            prompting.sort(MORE_URGENT);
        }
    }

    private int lanesBesidePrompt(int decodes) {
        if (lanes > 1 || decodes == 0) {
            return lanes - 1;
        }
        promptTurn = !promptTurn;
        return promptTurn ? 0 : 1;
    }

    private void planDecodes(StepPlan plan, int decodes, int count) {
        if (decodes > count && fairness.tenants() > 1) {
            turns.plan(plan, count, admitted, fairness.names());
            return;
        }
        int next = admitted.firstFrom(turn);
        for (int seen = 0; seen < admitted.running() && plan.size() < count; seen++) {
            Sequence sequence = admitted.running((next + seen) % admitted.running());
            turn = sequence.order + 1;
            if (sequence.pending() == 1) {
                plan.add(sequence, 1);
            }
        }
    }

    private void planPrompts(StepPlan plan, int most) {
        int samples = maxSamples - plan.size();
        if (fairness.tenants() == 1) {
            planPrompts(plan, most, samples, null);
            return;
        }
        boolean alone = false;
        for (String tenant : fairness.names()) {
            boolean ahead = fairness.isAhead(tenant);
            if (alone && !ahead) {
                break; // Those who come after him are not ahead either, and would make his step longer.
            }
            int before = plan.totalRows();
            samples = planPrompts(plan, most, samples, tenant);
            alone |= ahead && plan.totalRows() > before;
        }
    }

    /**
     * @param tenant whose prompts; null for everybody's
     * @return how many samples are left
     */
    private int planPrompts(StepPlan plan, int most, int allowed, @Nullable String tenant) {
        int samples = allowed;
        for (int i = 0; i < prompting.size() && plan.size() < lanes; i++) {
            Sequence sequence = prompting.get(i);
            if (underWay.hasNextOf(sequence)
                    || (tenant != null && !sequence.request.tenant().name().equals(tenant))) {
                continue;
            }
            int rows = Math.min(sequence.pending(), most - plan.totalRows());
            if (sequence.request.scoresPrompt()) {
                rows = Math.min(rows, samples);
            } else if (samples == 0 && sequence.samplesToken(rows)) {
                rows--;
            }
            if (rows > 0) {
                plan.add(sequence, rows);
                underWay.add(sequence, rows);
                samples -= samplesOf(sequence, rows);
            }
        }
        return samples;
    }

    private static int samplesOf(Sequence sequence, int rows) {
        if (sequence.request.scoresPrompt()) {
            return rows;
        }
        return sequence.samplesToken(rows) ? 1 : 0;
    }
}
