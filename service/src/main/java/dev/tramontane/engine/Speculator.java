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
    /** Tokens that penalties look at, in the copies that all guesses of a sequence have of them: a megabyte of a step. */
    private static final int MOST_COUNTED = 1 << 17;

    private record Open(Guesses guesses, int entry, int found) {}

    private final int tokenBudget;
    private final int maxSamples;
    private final @Nullable DraftModel model;
    private final @Nullable Drafter always;
    private final StepCosts costs;
    private final List<Open> open = new ArrayList<>();
    private final List<DraftModel.Wish> wishes = new ArrayList<>();

    /**
     * @param model that guesses where nothing is found; null for none
     * @param always guesses for everybody, whether it pays or not; null for what is configured and asked for
     */
    Speculator(EngineConfig config, StepCosts costs, @Nullable DraftModel model, @Nullable Drafter always) {
        tokenBudget = config.tokenBudget();
        maxSamples = config.maxSamples();
        this.costs = costs;
        this.model = model;
        this.always = always;
    }

    /** Adds guesses to a plan that is otherwise complete. */
    void plan(StepPlan plan) {
        open.clear();
        wishes.clear();
        int samples = 0;
        for (int entry = 0; entry < plan.size(); entry++) {
            Sequence sequence = plan.sequence(entry);
            samples += sequence.samples(plan.rows(entry));
            find(sequence, entry, plan);
        }
        askModel();
        if (!open.isEmpty()) {
            share(plan, maxSamples - samples);
        }
    }

    private void find(Sequence sequence, int entry, StepPlan plan) {
        int rows = plan.rows(entry);
        Guesses guesses = sequence.guesses;
        if (guesses == null) {
            return;
        }
        guesses.clear();
        TokenCounts counts = sequence.counts;
        int most = affordable(Math.min(guesses.wish.most(), sequence.roomAhead()), counts == null ? 0 : counts.size());
        if (rows > 1 || most <= 0 || !sequence.samplesToken(rows)) {
            return;
        }
        int found = 0;
        if (always != null) {
            found = always.guess(sequence, guesses.tokens, most);
        } else if (guesses.wish.method() != Speculation.Method.MODEL) {
            found = guesses.lookUp(most);
        }
        if (found > 0) {
            open.add(new Open(guesses, entry, found));
        } else if (model != null && always == null && guesses.wish.method() != Speculation.Method.LOOKUP) {
            wish(model, sequence, guesses, entry, plan, most);
        }
    }

    /** @param counted tokens that each draw's penalties look at */
    static int affordable(int most, int counted) {
        return counted == 0 ? most : Math.min(most, MOST_COUNTED / counted);
    }

    /** Guesses of the model take time before they are there, so it makes no more than are expected to be worth it. */
    private void wish(DraftModel drafts, Sequence sequence, Guesses guesses, int entry, StepPlan plan, int most) {
        guesses.askModel();
        int count = plan.size() == 1 && guesses.asked ? most : 0;
        while (count < most
                && costs.pays(
                        Math.pow(guesses.share(), count + 1),
                        plan.totalRows(),
                        plan.totalRows(),
                        drafts.nanosPerGuess())) {
            count++;
        }
        if (count > 0) {
            wishes.add(new DraftModel.Wish(sequence, guesses, entry, count));
        }
    }

    private void askModel() {
        if (model == null) {
            return;
        }
        model.guess(wishes);
        for (DraftModel.Wish wish : wishes) {
            if (wish.made() > 0) {
                open.add(new Open(wish.guesses, wish.entry, wish.made()));
            }
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
                                || costs.pays(probability, useful, plan.totalRows(), 0));
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
