package dev.tramontane.app;

import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.math.BigDecimal;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Flags of {@code complete} and {@code chat} that say how an answer is sampled. The numbers among them are {@link SamplingParameter}'s. */
final class SamplingOptions {
    /** Where a person at a terminal is better served than by the model's raw distribution. */
    private static final Map<SamplingParameter, Double> LOCAL =
            Map.of(SamplingParameter.TEMPERATURE, 0.7, SamplingParameter.TOP_P, 0.95);

    private final Map<SamplingParameter, Double> given = new EnumMap<>(SamplingParameter.class);

    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "N",
            description = "Tokens of the answer at most. Default: to the end of the context. Example: -n 200")
    private @Nullable Integer maxTokens;

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

    /** picocli's door for options that are listed elsewhere: those of {@link SamplingParameter}. */
    @Spec(Spec.Target.MIXEE)
    void command(CommandSpec command) {
        for (SamplingParameter parameter : SamplingParameter.values()) {
            command.addOption(option(parameter));
        }
    }

    private OptionSpec option(SamplingParameter parameter) {
        String standard =
                BigDecimal.valueOf(standard(parameter)).stripTrailingZeros().toPlainString();
        String[] names = parameter == SamplingParameter.TEMPERATURE
                ? new String[] {"-t", parameter.flag()}
                : new String[] {parameter.flag()};
        return OptionSpec.builder(names)
                .paramLabel("NUMBER")
                .type(Double.class)
                .setter(new ISetter() {
                    @Override
                    @SuppressWarnings("unchecked") // The old value: anything, as picocli casts it.
                    public <T> T set(T value) {
                        if (value instanceof Double number) {
                            given.put(parameter, number);
                        }
                        return value;
                    }
                })
                .description(parameter.meaning() + " Default: " + standard + ". Example: " + names[0] + " "
                        + parameter.example())
                .build();
    }

    private static double standard(SamplingParameter parameter) {
        return LOCAL.getOrDefault(parameter, parameter.neutral());
    }

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
        Sampling sampling = Sampling.NEUTRAL.withSeed(
                seed == null ? RandomGenerator.getDefault().nextLong() : seed);
        for (SamplingParameter parameter : SamplingParameter.values()) {
            try {
                sampling = sampling.with(parameter, given.getOrDefault(parameter, standard(parameter)));
            } catch (IllegalArgumentException wrong) {
                String message = String.valueOf(wrong.getMessage());
                throw new UsageException(message.replace(parameter.wireName(), parameter.flag()), wrong);
            }
        }
        return sampling;
    }
}
