package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;

/** The structs that a context is opened, filled and sized with, from the records and back. */
final class ContextStructs {
    /** {@code TM_TENSOR_MAPPED}: pages of the data may be dropped, for they come back from the file. */
    static final int TENSOR_MAPPED = 1;

    private ContextStructs() {}

    static MemorySegment modelConfig(Arena arena, ContextConfig config) {
        StructLayout layout = Layouts.MODEL_CONFIG;
        MemorySegment struct = sized(arena, layout);
        set(struct, layout, "backend", config.backend().number());
        set(struct, layout, "cpu_level", config.cpuLevel().number());
        set(struct, layout, "n_threads", config.threads());
        set(struct, layout, "n_layers", config.layers());
        set(struct, layout, "width", config.width());
        set(struct, layout, "n_heads", config.heads());
        set(struct, layout, "n_kv_heads", config.kvHeads());
        set(struct, layout, "head_dim", config.headDim());
        set(struct, layout, "ffn", config.ffn());
        set(struct, layout, "vocab", config.vocabulary());
        set(struct, layout, "n_experts", config.experts());
        set(struct, layout, "n_experts_used", config.expertsUsed());
        set(struct, layout, "rope_style", config.ropeHalves() ? 1 : 0);
        set(struct, layout, "rope_dims", config.ropeDimensions());
        set(struct, layout, "n_groups", config.groupWindows().size());
        struct.set(JAVA_DOUBLE, Layouts.offset(layout, "rope_theta"), config.ropeTheta());
        struct.set(JAVA_DOUBLE, Layouts.offset(layout, "rms_epsilon"), config.rmsEpsilon());
        set(struct, layout, "group_window", config.groupWindows());
        MemorySegment layerGroups = arena.allocate(Math.max(1, config.layers()));
        for (int layer = 0; layer < config.layers(); layer++) {
            layerGroups.set(JAVA_BYTE, layer, config.layerGroups().get(layer).byteValue());
        }
        struct.set(ADDRESS, Layouts.offset(layout, "layer_group"), layerGroups);
        return struct;
    }

    static MemorySegment tensor(Arena arena, TensorData tensor) {
        StructLayout layout = Layouts.TENSOR;
        MemorySegment struct = sized(arena, layout);
        MemorySegment data = tensor.data();
        set(struct, layout, "role", tensor.role().number());
        set(struct, layout, "layer", tensor.layer());
        set(struct, layout, "expert", tensor.expert());
        set(struct, layout, "dtype", tensor.type().number());
        set(struct, layout, "computed_as", tensor.computedAs().number());
        set(struct, layout, "flags", data.isMapped() && data.isReadOnly() ? TENSOR_MAPPED : 0);
        set(struct, layout, "n_scales", tensor.scales().length);
        struct.set(JAVA_LONG, Layouts.offset(layout, "rows"), tensor.rows());
        struct.set(JAVA_LONG, Layouts.offset(layout, "cols"), tensor.columns());
        struct.set(JAVA_LONG, Layouts.offset(layout, "bytes"), tensor.type().bytes(tensor.rows(), tensor.columns()));
        struct.set(ADDRESS, Layouts.offset(layout, "data"), data);
        struct.set(ADDRESS, Layouts.offset(layout, "scales"), arena.allocateFrom(JAVA_FLOAT, tensor.scales()));
        return struct;
    }

    static MemorySegment conversion(Arena arena, DType from, DType to, long rows, long columns, float[] scales) {
        StructLayout layout = Layouts.CONVERSION;
        MemorySegment struct = sized(arena, layout);
        set(struct, layout, "from", from.number());
        set(struct, layout, "to", to.number());
        set(struct, layout, "n_scales", scales.length);
        struct.set(JAVA_LONG, Layouts.offset(layout, "rows"), rows);
        struct.set(JAVA_LONG, Layouts.offset(layout, "cols"), columns);
        struct.set(JAVA_LONG, Layouts.offset(layout, "source_bytes"), from.bytes(rows, columns));
        struct.set(JAVA_LONG, Layouts.offset(layout, "target_bytes"), to.bytes(rows, columns));
        struct.set(ADDRESS, Layouts.offset(layout, "scales"), arena.allocateFrom(JAVA_FLOAT, scales));
        return struct;
    }

    static MemorySegment cacheConfig(Arena arena, CacheConfig cache) {
        StructLayout layout = Layouts.CACHE_CONFIG;
        MemorySegment struct = sized(arena, layout);
        set(struct, layout, "kv_dtype", cache.kvType().number());
        set(struct, layout, "page_tokens", cache.pageTokens());
        set(struct, layout, "n_slots", cache.slots());
        set(struct, layout, "max_rows", cache.maxRows());
        set(struct, layout, "max_spans", cache.maxSpans());
        set(struct, layout, "max_samples", cache.maxSamples());
        set(struct, layout, "group_pages", cache.groupPages());
        set(struct, layout, "group_ring", cache.groupRings());
        return struct;
    }

    static MemorySegment memory(Arena arena) {
        return sized(arena, Layouts.MEMORY);
    }

    static MemoryUse memoryUse(MemorySegment struct) {
        StructLayout layout = Layouts.MEMORY;
        return new MemoryUse(
                struct.get(JAVA_LONG, Layouts.offset(layout, "weights_in_place")),
                struct.get(JAVA_LONG, Layouts.offset(layout, "weights_repacked")),
                struct.get(JAVA_LONG, Layouts.offset(layout, "cache")),
                struct.get(JAVA_LONG, Layouts.offset(layout, "workspace")));
    }

    static MemorySegment host(Arena arena) {
        return sized(arena, Layouts.HOST);
    }

    static HostInfo hostInfo(MemorySegment struct) {
        StructLayout layout = Layouts.HOST;
        return HostInfo.of(
                struct.get(JAVA_INT, Layouts.offset(layout, "features")),
                struct.get(JAVA_INT, Layouts.offset(layout, "cpu_level")),
                struct.get(JAVA_INT, Layouts.offset(layout, "n_processors")),
                struct.get(JAVA_INT, Layouts.offset(layout, "backends")));
    }

    /** A zeroed struct that states its size. */
    private static MemorySegment sized(Arena arena, StructLayout layout) {
        MemorySegment struct = arena.allocate(layout);
        set(struct, layout, "struct_size", (int) layout.byteSize());
        return struct;
    }

    private static void set(MemorySegment struct, StructLayout layout, String field, int value) {
        struct.set(JAVA_INT, Layouts.offset(layout, field), value);
    }

    private static void set(MemorySegment struct, StructLayout layout, String field, List<Integer> values) {
        long at = Layouts.offset(layout, field);
        for (int i = 0; i < values.size(); i++) {
            struct.set(JAVA_INT, at + 4L * i, values.get(i));
        }
    }
}
