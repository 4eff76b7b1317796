package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Architectures of transformers that compute what the kernels compute, and what holds where their {@code config.json}
 * is silent (configuration_*.py of transformers 5).
 */
enum HuggingFaceArchitecture {
    MISTRAL("MistralForCausalLM", 4096, 1e-6, 1e4),
    /** Layers with and without the window. */
    MINISTRAL("MinistralForCausalLM", 4096, 1e-6, 1e4),
    LLAMA("LlamaForCausalLM", 0, 1e-6, 1e4),
    MIXTRAL("MixtralForCausalLM", 0, 1e-5, 1e6),
    /** Ministral 3 and Devstral Small 2: YaRN, and queries that grow with their position. */
    MINISTRAL3("Ministral3ForCausalLM", 0, 1e-5, 1e4),
    /** Mistral Small 3.1 and later: text and images; the text part is a Mistral or a Ministral 3. */
    MISTRAL3("Mistral3ForConditionalGeneration", 4096, 1e-6, 1e4);

    private final String word;
    private final int window;
    private final double epsilon;
    private final double theta;

    HuggingFaceArchitecture(String word, int window, double epsilon, double theta) {
        this.word = word;
        this.window = window;
        this.epsilon = epsilon;
        this.theta = theta;
    }

    /** The one that {@code architectures} names. */
    static HuggingFaceArchitecture of(JsonParameters config) {
        Object first = config.list("architectures")
                .filter(list -> list.size() == 1)
                .<Object>map(list -> list.getFirst())
                .orElse(null);
        if (!(first instanceof String word)) {
            throw config.refusal(
                    "architectures",
                    quoted("architectures") + " is "
                            + JsonParameters.shown(config.find("architectures").orElse(null)),
                    "a list with one of " + words(),
                    HyperParameters.OTHER_FILE);
        }
        return Arrays.stream(values())
                .filter(each -> each.word.equals(word))
                .findFirst()
                .orElseThrow(() -> LatentAttention.has(word)
                        ? config.unsupported(
                                "architectures",
                                "the architecture " + quoted(word) + " is not computed: " + LatentAttention.NEEDED,
                                LatentAttention.TAKEN)
                        : config.refusal(
                                "architectures",
                                "the architecture " + quoted(word) + " is not known",
                                "one of " + words(),
                                HyperParameters.OTHER_MODEL));
    }

    private static String words() {
        return Arrays.stream(values()).map(each -> each.word).collect(Collectors.joining(", "));
    }

    /** The architecture's name in {@code config.json}. */
    String word() {
        return word;
    }

    /** Tokens of the window where {@code sliding_window} is not mentioned; 0 for none. */
    int window() {
        return window;
    }

    double epsilon() {
        return epsilon;
    }

    double theta() {
        return theta;
    }
}
