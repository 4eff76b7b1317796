package dev.tramontane.api.openai;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** Tokens of each choice of a stream so far. One thread at a time. */
final class RunningUsage {
    private final Map<Integer, Integer> prompts = new HashMap<>();
    private final Map<Integer, Integer> answers = new HashMap<>();
    private final Map<Integer, Integer> cached = new HashMap<>();

    /** @param first index of the prompt's first choice */
    void add(int first, GenerationEvent event) {
        switch (event) {
            case Accepted accepted -> prompts.put(first, accepted.promptIds().length);
            case Scored scored -> {}
            case Delta delta ->
                answers.merge(first + delta.choice(), delta.tokens().size(), Integer::sum);
            case Finished finished -> {
                // With the end token, and what a stop string took.
                answers.put(first + finished.choice(), finished.usage().completionTokens());
                cached.put(first + finished.choice(), finished.usage().cachedTokens());
            }
        }
    }

    /** @param choices of each prompt */
    void write(JsonGenerator json, int index, int choices) {
        UsageCount.write(
                json,
                prompts.getOrDefault(index - index % choices, 0),
                cached.getOrDefault(index, 0),
                answers.getOrDefault(index, 0));
    }
}
