package dev.tramontane.app;

import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.model.Sampling;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags of {@code complete} and {@code chat} that say how an answer is sampled. Checked by {@link Sampling}. */
final class SamplingOptions {
    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "N",
            description = "Tokens of the answer at most. Default: to the end of the context. Example: -n 200")
    private @Nullable Integer maxTokens;

    @Option(
            names = {"-t", "--temperature"},
            paramLabel = "T",
            defaultValue = "0.7",
            description = "0 always takes the likeliest token; higher is livelier. Default: 0.7. Example: -t 0")
    private float temperature;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            defaultValue = "0",
            description = "Draw from the N likeliest tokens only; 0 for all. Default: 0. Example: --top-k 40")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "0.95",
            description = "Draw from the likeliest tokens that together reach P. Default: 0.95. Example: --top-p 0.9")
    private float topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            defaultValue = "0",
            description =
                    "Leave out tokens less likely than P times the likeliest. Default: 0, none. Example: --min-p 0.05")
    private float minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            defaultValue = "1",
            description = "Above 1 makes tokens less likely that were there before. Default: 1. Example:"
                    + " --repetition-penalty 1.1")
    private float repetitionPenalty;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same answer. Default: another one each time. Example: --seed 1")
    private @Nullable Long seed;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End the answer before this text; may be given several times. Example: --stop END")
    private List<String> stop = List.of();

    /** @throws UsageException for what is out of range */
    GenerationRequest request(Prompt prompt) {
        if (maxTokens != null && maxTokens < 1) {
            throw new UsageException("--max-tokens must be at least 1, got " + maxTokens);
        }
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new UsageException("--stop must not be empty");
        }
        OptionalInt most = maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
        return request(prompt, most, sampling(), stop);
    }

    /** The likeliest continuation of {@code tokens} tokens. */
    static GenerationRequest greedy(Prompt prompt, int tokens) {
        return request(prompt, OptionalInt.of(tokens), Sampling.GREEDY, List.of());
    }

    private static GenerationRequest request(Prompt prompt, OptionalInt most, Sampling sampling, List<String> stop) {
        return new GenerationRequest(prompt, 1, most, StopRules.at(stop), sampling, false, -1, -1);
    }

    private Sampling sampling() {
        long chosen = seed == null ? RandomGenerator.getDefault().nextLong() : seed;
        try {
            return new Sampling(temperature, topK, topP, minP, repetitionPenalty, 0, 0, Map.of(), chosen);
        } catch (IllegalArgumentException wrong) {
            // Sampling speaks of top_p; the flag is --top-p.
            String message = String.valueOf(wrong.getMessage());
            int end = message.indexOf(' ');
            throw new UsageException(
                    "--" + message.substring(0, end).replace('_', '-') + message.substring(end), wrong);
        }
    }
}
