package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adds guesses to a plan: behind a sequence's last token the tokens that are taken to follow it. All of them are computed in the same
 * step, each draws its own token, and as long as a draw is what was guessed it counts ({@link Publisher}). What the others computed is
 * written over by the next step, which begins where the right ones end; no query sees it before.
 *
 * <p>Of use is a guess that is right, so another one is added as long as its probability is worth the time of its row: guesses that are
 * often wrong, full batches and prompts beside them leave none. Only how many tokens a step yields depends on it, never which.
 * Engine thread only.
 */
final class Speculator {
    private record Open(Sequence sequence, Guesses guesses, int entry, int found) {}

    private final int tokenBudget;
    private final int maxSamples;
    private final @Nullable Drafter always;
    private final StepCosts costs;
    private final List<Open> open = new ArrayList<>();

    /** @param always guesses for everybody, whether it pays or not; null for what is configured and asked for */
    Speculator(EngineConfig config, StepCosts costs, @Nullable Drafter always) {
        tokenBudget = config.tokenBudget();
        maxSamples = config.maxSamples();
        this.costs = costs;
        this.always = always;
    }

    /** Adds guesses to a plan that is otherwise complete. */
    void plan(StepPlan plan) {
        open.clear();
        int samples = 0;
        for (int entry = 0; entry < plan.size(); entry++) {
            Sequence sequence = plan.sequence(entry);
            samples += sequence.samples(plan.rows(entry));
            find(sequence, entry, plan.rows(entry));
        }
        if (!open.isEmpty()) {
            share(plan, maxSamples - samples);
        }
    }

    private void find(Sequence sequence, int entry, int rows) {
        Guesses guesses = sequence.guesses;
        if (guesses == null) {
            return;
        }
        guesses.clear();
        int most = Math.min(guesses.wish.most(), sequence.roomAhead());
        if (rows > 1 || most <= 0 || !sequence.samplesToken(rows)) {
            return;
        }
        int found = always == null ? guesses.lookUp(most) : always.guess(sequence, guesses.tokens, most);
        if (found > 0) {
            open.add(new Open(sequence, guesses, entry, found));
        }
    }

    /** A first guess for each in turn, then a second one, as long as there is room and they are worth their time. */
    private void share(StepPlan plan, int allowed) {
        int samples = allowed;
        double useful = plan.totalRows();
        boolean alone = plan.size() == 1;
        for (int depth = 1; !open.isEmpty(); depth++) {
            for (int i = 0; i < open.size(); i++) {
                Open each = open.get(i);
                double probability = Math.pow(each.guesses.share(), depth);
                boolean wanted = depth <= each.found
                        && samples > 0
                        && plan.totalRows() < tokenBudget
                        && (always != null
                                || (alone && each.guesses.asked)
                                || costs.pays(probability, useful, plan.totalRows()));
                if (wanted) {
                    each.guesses.planned = depth;
                    plan.guess(each.entry, depth);
                    samples--;
                    useful += probability;
                } else {
                    open.remove(i--);
                }
            }
        }
    }
}
