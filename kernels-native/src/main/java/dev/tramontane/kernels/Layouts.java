package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.util.List;

/**
 * The structs of tramontane.h, field by field in its order and under its names. {@link Bindings} compares every size and
 * offset with the library's own at load.
 */
final class Layouts {
    /** {@code TM_MAX_GROUPS}. */
    static final int MAX_GROUPS = 8;

    /** {@code TM_MAX_TOP_LOGPROBS}. */
    static final int MAX_TOP = 20;

    static final StructLayout HOST = struct(
            "tm_host",
            u32("struct_size"),
            u32("features"),
            u32("cpu_level"),
            u32("backends"),
            u32("n_processors"),
            u32("reserved"));

    static final StructLayout MODEL_CONFIG = struct(
            "tm_model_config",
            u32("struct_size"),
            u32("backend"),
            u32("cpu_level"),
            u32("n_threads"),
            u32("n_layers"),
            u32("width"),
            u32("n_heads"),
            u32("n_kv_heads"),
            u32("head_dim"),
            u32("ffn"),
            u32("vocab"),
            u32("n_experts"),
            u32("n_experts_used"),
            u32("rope_style"),
            u32("rope_dims"),
            u32("n_groups"),
            JAVA_DOUBLE.withName("rope_theta"),
            JAVA_DOUBLE.withName("rms_epsilon"),
            groups("group_window"),
            pointer("layer_group"));

    static final StructLayout TENSOR = struct(
            "tm_tensor",
            u32("struct_size"),
            u32("role"),
            u32("layer"),
            u32("expert"),
            u32("dtype"),
            u32("computed_as"),
            u32("flags"),
            u32("n_scales"),
            i64("rows"),
            i64("cols"),
            i64("bytes"),
            pointer("data"),
            pointer("scales"));

    static final StructLayout CONVERSION = struct(
            "tm_conversion",
            u32("struct_size"),
            u32("from"),
            u32("to"),
            u32("n_scales"),
            i64("rows"),
            i64("cols"),
            i64("source_bytes"),
            i64("target_bytes"),
            pointer("scales"));

    static final StructLayout CACHE_CONFIG = struct(
            "tm_cache_config",
            u32("struct_size"),
            u32("kv_dtype"),
            u32("page_tokens"),
            u32("n_slots"),
            u32("max_rows"),
            u32("max_spans"),
            u32("max_samples"),
            u32("reserved"),
            groups("group_pages"),
            groups("group_ring"));

    static final StructLayout MEMORY = struct(
            "tm_memory",
            u32("struct_size"),
            u32("reserved"),
            i64("weights_in_place"),
            i64("weights_repacked"),
            i64("cache"),
            i64("workspace"));

    static final StructLayout PAGE_EDIT = struct("tm_page_edit", u32("slot"), u32("group"), u32("index"), u32("page"));

    static final StructLayout PAGE_COPY = struct("tm_page_copy", u32("group"), u32("from"), u32("to"), u32("reserved"));

    static final StructLayout SPAN =
            struct("tm_span", u32("slot"), u32("first_row"), u32("n_rows"), u32("adapter"), i64("position"));

    static final StructLayout TOKEN_COUNT = struct("tm_token_count", u32("token"), u32("count"));

    static final StructLayout BIAS = struct("tm_bias", u32("token"), f32("bias"));

    static final StructLayout SAMPLE = struct(
            "tm_sample",
            u32("row"),
            u32("slot"),
            u32("target"),
            u32("top_logprobs"),
            f32("temperature"),
            f32("top_p"),
            f32("min_p"),
            f32("repetition_penalty"),
            f32("presence_penalty"),
            f32("frequency_penalty"),
            u32("top_k"),
            u32("n_counts"),
            u32("first_count"),
            u32("n_biases"),
            u32("first_bias"),
            u32("mask"),
            i64("seed"),
            i64("position"));

    static final StructLayout RESULT = struct("tm_result", u32("token"), u32("status"), f32("logprob"), u32("n_top"));

    static final StructLayout STEP = struct(
            "tm_step",
            u32("struct_size"),
            u32("n_rows"),
            u32("n_spans"),
            u32("n_edits"),
            u32("n_copies"),
            u32("n_samples"),
            u32("n_counts"),
            u32("n_biases"),
            u32("n_masks"),
            u32("reserved"),
            pointer("tokens"),
            pointer("spans"),
            pointer("edits"),
            pointer("copies"),
            pointer("samples"),
            pointer("counts"),
            pointer("biases"),
            pointer("masks"),
            pointer("results"),
            pointer("top_tokens"),
            pointer("top_logprobs"),
            pointer("logits"));

    /** Every struct of the header. */
    static final List<StructLayout> ALL = List.of(
            HOST,
            MODEL_CONFIG,
            TENSOR,
            CONVERSION,
            CACHE_CONFIG,
            MEMORY,
            PAGE_EDIT,
            PAGE_COPY,
            SPAN,
            TOKEN_COUNT,
            BIAS,
            SAMPLE,
            RESULT,
            STEP);

    private Layouts() {}

    /** Offset of a field; unknown names are a programming error. */
    static long offset(StructLayout struct, String field) {
        return struct.byteOffset(PathElement.groupElement(field));
    }

    private static StructLayout struct(String name, MemoryLayout... fields) {
        return MemoryLayout.structLayout(fields).withName(name);
    }

    private static MemoryLayout u32(String name) {
        return JAVA_INT.withName(name);
    }

    private static MemoryLayout i64(String name) {
        return JAVA_LONG.withName(name);
    }

    private static MemoryLayout f32(String name) {
        return JAVA_FLOAT.withName(name);
    }

    private static MemoryLayout pointer(String name) {
        return ADDRESS.withName(name);
    }

    private static MemoryLayout groups(String name) {
        return MemoryLayout.sequenceLayout(MAX_GROUPS, JAVA_INT).withName(name);
    }
}
