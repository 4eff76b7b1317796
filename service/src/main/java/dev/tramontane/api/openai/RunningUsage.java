package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Usage;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** Tokens of each choice of a stream so far. One thread at a time. */
final class RunningUsage {
    private static final Usage NOTHING = new Usage(0, 0, 0);

    private final Map<Integer, Usage> byChoice = new HashMap<>();
    private final int choices;

    /** @param choices of each prompt */
    RunningUsage(int choices) {
        this.choices = choices;
    }

    void add(int prompt, GenerationEvent event) {
        int first = prompt * choices;
        switch (event) {
            case Accepted accepted -> {
                for (int choice = 0; choice < choices; choice++) {
                    byChoice.put(first + choice, new Usage(accepted.promptIds().length, 0, 0));
                }
            }
            case Scored ignored -> {}
            case Delta delta -> {
                Usage before = of(first + delta.choice());
                int tokens = before.completionTokens() + delta.tokens().size();
                byChoice.put(
                        first + delta.choice(),
                        new Usage(before.promptTokens(), delta.cachedTokens(), tokens, delta.thoughtTokens()));
            }
            // With the end token, and what a stop string took.
            case Finished finished -> byChoice.put(first + finished.choice(), finished.usage());
        }
    }

    void write(JsonGenerator json, int index) {
        Usage usage = of(index);
        UsageCount.write(
                json,
                usage.promptTokens(),
                usage.cachedTokens(),
                usage.completionTokens(),
                usage.reasoningTokens(),
                usage.acceptedTokens(),
                usage.rejectedTokens());
    }

    private Usage of(int index) {
        return byChoice.getOrDefault(index, NOTHING);
    }
}
