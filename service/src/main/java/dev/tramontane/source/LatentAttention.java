package dev.tramontane.source;

import java.util.Set;

/** Models whose attention is not computed: what is said of them, in every form of file. */
final class LatentAttention {
    /** What such a model needs. */
    static final String NEEDED = "the model needs multi-head latent attention (MLA), with keys and values kept as one"
            + " compressed vector, as in Mistral Small 4 and Mistral Large 3; this version does not compute it";

    /** What is computed instead. */
    static final String TAKEN = "grouped-query attention, as in Ministral 3, Devstral Small 2 and Mistral Small 3.2";

    /** Words for such models: GGUF's architectures, and transformers' and vLLM's names. */
    private static final Set<String> WORDS = Set.of(
            "deepseek2",
            "mistral4",
            "mistral_large4",
            "mistral_large4_text",
            "deepseek_v3",
            "Mistral4ForCausalLM",
            "MistralLarge3ForCausalLM",
            "MistralLarge4ForConditionalGeneration",
            "DeepseekV2ForCausalLM",
            "DeepseekV3ForCausalLM");

    private LatentAttention() {}

    /** Whether a model by this name of its architecture or type has it. */
    static boolean has(String word) {
        return WORDS.contains(word);
    }
}
