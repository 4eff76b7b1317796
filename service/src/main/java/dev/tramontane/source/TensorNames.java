package dev.tramontane.source;

import java.util.regex.Pattern;

/** What a layout of safetensors files calls the tensors of a model. */
sealed interface TensorNames {

    /** The tensor's name without {@code .weight}: the module that it belongs to. */
    String module(NeededTensor needed);

    /** Whether a tensor that the model does not need may be there. */
    boolean ignores(String name);

    /**
     * transformers' names (modeling_mistral.py and its like, as they are saved).
     *
     * @param body what precedes the layers: "model."
     * @param head the module of the output head: "lm_head"
     */
    record HuggingFace(String body, String head) implements TensorNames {
        /** Frequencies that old checkpoints carry along, and the parts for images. */
        private static final Pattern IGNORED = Pattern.compile(
                ".*\\.rotary_emb\\.inv_freq" + "|(model\\.)?(vision_tower|multi_modal_projector|patch_merger)\\..*");

        @Override
        public String module(NeededTensor needed) {
            String layer = body + "layers." + needed.layer() + ".";
            return switch (needed.role()) {
                case TOKEN_EMBEDDING -> body + "embed_tokens";
                case OUTPUT_NORM -> body + "norm";
                case OUTPUT -> head;
                case ATTENTION_NORM -> layer + "input_layernorm";
                case ATTENTION_Q -> layer + "self_attn.q_proj";
                case ATTENTION_K -> layer + "self_attn.k_proj";
                case ATTENTION_V -> layer + "self_attn.v_proj";
                case ATTENTION_OUT -> layer + "self_attn.o_proj";
                case FFN_NORM -> layer + "post_attention_layernorm";
                case FFN_ROUTER -> layer + "block_sparse_moe.gate";
                case FFN_GATE -> layer + "mlp.gate_proj";
                case FFN_UP -> layer + "mlp.up_proj";
                case FFN_DOWN -> layer + "mlp.down_proj";
                case ROPE_FACTORS -> throw new IllegalArgumentException("rope factors are no tensor here");
            };
        }

        @Override
        public boolean ignores(String name) {
            return IGNORED.matcher(name).matches();
        }
    }

    /** transformers' names of a mixture of experts. */
    record Mixtral(HuggingFace dense) implements TensorNames {
        @Override
        public String module(NeededTensor needed) {
            String expert =
                    dense.body() + "layers." + needed.layer() + ".block_sparse_moe.experts." + needed.expert() + ".";
            return switch (needed.role()) {
                case FFN_GATE -> expert + "w1";
                case FFN_UP -> expert + "w3";
                case FFN_DOWN -> expert + "w2";
                default -> dense.module(needed);
            };
        }

        @Override
        public boolean ignores(String name) {
            return dense.ignores(name);
        }
    }

    /**
     * Mistral's own names (mistral-inference, transformer_layers.py and moe.py).
     *
     * @param experts whether the layers are mixtures of experts
     */
    record Mistral(boolean experts) implements TensorNames {
        /** Frequencies that the first models carry along, and the parts for images. */
        private static final Pattern IGNORED = Pattern.compile(
                "rope\\.freqs|(vision_encoder|vision_language_adapter|patch_merger|pre_mm_projector_norm)\\..*");

        @Override
        public String module(NeededTensor needed) {
            String layer = "layers." + needed.layer() + ".";
            String feed = layer + "feed_forward." + (experts ? "experts." + needed.expert() + "." : "");
            return switch (needed.role()) {
                case TOKEN_EMBEDDING -> "tok_embeddings";
                case OUTPUT_NORM -> "norm";
                case OUTPUT -> "output";
                case ATTENTION_NORM -> layer + "attention_norm";
                case ATTENTION_Q -> layer + "attention.wq";
                case ATTENTION_K -> layer + "attention.wk";
                case ATTENTION_V -> layer + "attention.wv";
                case ATTENTION_OUT -> layer + "attention.wo";
                case FFN_NORM -> layer + "ffn_norm";
                case FFN_ROUTER -> layer + "feed_forward.gate";
                case FFN_GATE -> feed + "w1";
                case FFN_UP -> feed + "w3";
                case FFN_DOWN -> feed + "w2";
                case ROPE_FACTORS -> throw new IllegalArgumentException("rope factors are no tensor here");
            };
        }

        @Override
        public boolean ignores(String name) {
            return IGNORED.matcher(name).matches();
        }
    }
}
