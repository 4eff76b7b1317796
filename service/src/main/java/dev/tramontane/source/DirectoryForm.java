package dev.tramontane.source;

import dev.tramontane.weights.SafetensorsSet;
import java.util.Optional;

/**
 * Forms in which a directory holds a model, the first that is there counting: Mistral's repositories hold both, and the
 * makers' own says windows and tokenizer as they were made.
 */
enum DirectoryForm {
    /** Mistral's own, as mistral-inference reads it. */
    MISTRAL("params.json", "consolidated") {
        @Override
        Optional<String> quantisation(JsonParameters config) {
            return QuantisationMethod.ofMistral(config);
        }

        @Override
        DirectoryLayout layout(ModelDirectory directory, JsonParameters config, GenerationFile generation) {
            return new MistralLayout(directory, config);
        }
    },
    /** Hugging Face's, as transformers reads it. */
    HUGGING_FACE("config.json", "model") {
        @Override
        Optional<String> quantisation(JsonParameters config) {
            return QuantisationMethod.ofHuggingFace(config);
        }

        @Override
        DirectoryLayout layout(ModelDirectory directory, JsonParameters config, GenerationFile generation) {
            return new HuggingFaceLayout(config, generation);
        }
    };

    private final String config;
    private final String weights;

    DirectoryForm(String config, String weights) {
        this.config = config;
        this.weights = weights;
    }

    /** The file of the hyperparameters. */
    String config() {
        return config;
    }

    /** What the names of the safetensors files begin with. */
    String weights() {
        return weights;
    }

    /** Whether a directory holds the whole form. */
    boolean isIn(ModelDirectory directory) {
        return directory.has(config) && hasWeightsIn(directory);
    }

    /** Whether a directory holds the form's weights. */
    boolean hasWeightsIn(ModelDirectory directory) {
        return SafetensorsSet.isPresent(directory.path(), weights);
    }

    /**
     * How the weights are quantised, for people; empty for not at all.
     *
     * @throws dev.tramontane.weights.ModelFileException when that is not computed
     */
    abstract Optional<String> quantisation(JsonParameters config);

    /** What the files mean. */
    abstract DirectoryLayout layout(ModelDirectory directory, JsonParameters config, GenerationFile generation);
}
