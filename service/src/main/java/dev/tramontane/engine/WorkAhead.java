package dev.tramontane.engine;

import java.util.HashMap;
import java.util.Map;

/** Counts the work ahead of newcomers after each step. Engine thread only; no clock. */
final class WorkAhead {
    private final Admitted admitted;
    private final Rates rates;
    private int running;

    WorkAhead(Admitted admitted, Rates rates) {
        this.admitted = admitted;
        this.rates = rates;
    }

    /** Sequences that a step may compute, as {@link #backlog} found them. */
    int running() {
        return running;
    }

    /** All of it as of now. Looks at those that are not parked. */
    Backlog backlog() {
        Map<String, Double> promptTokensOf = new HashMap<>();
        admitted.parkedWork().promptTokensOf().forEach((tenant, tokens) -> promptTokensOf.put(tenant, (double) tokens));
        double perSequence = generatedPerSequence();
        double generatedTokens = admitted.parkedWork().generatedTokens(perSequence);
        running = 0;
        for (int i = 0; i < admitted.running(); i++) {
            Sequence sequence = admitted.running(i);
            if (sequence.runnable()) {
                running++;
            }
            int left = sequence.request.prompt().length - sequence.computed;
            if (left > 0) {
                promptTokensOf.merge(sequence.request.tenant().name(), (double) left, Double::sum);
            }
            generatedTokens += Math.min(sequence.request.answer() - sequence.generated, perSequence);
        }
        double promptTokens = 0;
        for (double tokens : promptTokensOf.values()) {
            promptTokens += tokens;
        }
        return new Backlog(
                admitted.size(),
                promptTokens,
                Map.copyOf(promptTokensOf),
                generatedTokens,
                rates.nanosPerPromptToken(),
                rates.nanosPerGeneratedToken(),
                perSequence,
                rates.computedShare());
    }

    /** As measured; before anything has ended, all that was asked for. */
    private double generatedPerSequence() {
        if (rates.generatedPerSequence() > 0 || admitted.size() == 0) {
            return rates.generatedPerSequence();
        }
        return (double) admitted.asked() / admitted.size();
    }
}
