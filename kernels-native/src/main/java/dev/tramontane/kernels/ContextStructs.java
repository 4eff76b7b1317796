package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/** The structs that a context is opened, filled and sized with, from the records and back. */
final class ContextStructs {
    /** {@code TM_TENSOR_MAPPED}: pages of the data may be dropped, for they come back from the file. */
    static final int TENSOR_MAPPED = 1;

    private final StructWriter<ContextConfig> model;
    private final StructWriter<TensorData> tensor;
    private final StructWriter<TensorKind> tensorKind;
    private final StructWriter<Conversion> conversion;
    private final StructWriter<CacheConfig> cache;
    private final StructWriter<AdapterPart> adapterPart;
    private final Struct memory;
    private final long[] memoryFields;
    private final Struct device;
    private final long deviceUsable;
    private final long deviceBytes;
    private final Struct host;
    private final long[] hostFields;

    /** A tensor as far as its size depends on it. */
    record TensorKind(TensorRole role, DType type, DType computedAs, long rows, long columns) {}

    private record Conversion(DType from, DType to, long rows, long columns, float[] scales) {}

    /** @param structs the library's structs by their names in tramontane.h */
    ContextStructs(Function<String, Struct> structs) {
        model = new StructWriter<ContextConfig>(structs.apply("tm_model_config"))
                .u32("backend", config -> config.placement().backend().number())
                .u32("cpu_level", config -> config.placement().cpuLevel().number())
                .u32("n_threads", config -> config.placement().threads())
                .u32("n_layers", config -> config.shape().layers())
                .u32("width", config -> config.shape().width())
                .u32("n_heads", config -> config.shape().heads())
                .u32("n_kv_heads", config -> config.shape().kvHeads())
                .u32("head_dim", config -> config.shape().headDim())
                .u32("ffn", config -> config.shape().ffn())
                .u32("vocab", config -> config.shape().vocabulary())
                .u32("n_experts", config -> config.mixture().experts())
                .u32("n_experts_used", config -> config.mixture().used())
                .u32("rope_style", config -> config.rotation().halves() ? 1 : 0)
                .u32("rope_dims", config -> config.rotation().dimensions())
                .u32("n_groups", config -> config.groups().windows().size())
                .f64("rope_theta", config -> config.rotation().theta())
                .f64("rms_epsilon", ContextConfig::rmsEpsilon)
                .f64("rope_magnitude", config -> config.rotation().stretch().magnitude())
                .f64("query_scale_beta", config -> config.rotation().stretch().queryBeta())
                .u32(
                        "query_scale_positions",
                        config -> config.rotation().stretch().queryPositions())
                .u32("device", config -> config.placement().device())
                .u32("parts", config -> config.parts().number())
                .zero("reserved")
                .groups("group_window", config -> config.groups().windows())
                .pointer("layer_group", ContextStructs::layerGroups)
                .whole();
        tensor = new StructWriter<TensorData>(structs.apply("tm_tensor"))
                .u32("role", data -> data.role().number())
                .u32("layer", TensorData::layer)
                .u32("expert", TensorData::expert)
                .u32("dtype", data -> data.type().number())
                .u32("computed_as", data -> data.computedAs().number())
                .u32("flags", data -> data.data().isMapped() && data.data().isReadOnly() ? TENSOR_MAPPED : 0)
                .u32("n_scales", data -> data.scales().length)
                .u64("rows", TensorData::rows)
                .u64("cols", TensorData::columns)
                .u64("bytes", data -> data.type().bytes(data.rows(), data.columns()))
                .pointer("data", (data, arena) -> data.data())
                .pointer("scales", (data, arena) -> arena.allocateFrom(JAVA_FLOAT, data.scales()))
                .whole();
        tensorKind = new StructWriter<TensorKind>(structs.apply("tm_tensor"))
                .u32("role", kind -> kind.role().number())
                .zero("layer")
                .zero("expert")
                .u32("dtype", kind -> kind.type().number())
                .u32("computed_as", kind -> kind.computedAs().number())
                .zero("flags")
                .zero("n_scales")
                .u64("rows", TensorKind::rows)
                .u64("cols", TensorKind::columns)
                .u64("bytes", kind -> 0)
                .pointer("data", (kind, arena) -> MemorySegment.NULL)
                .pointer("scales", (kind, arena) -> MemorySegment.NULL)
                .whole();
        conversion = new StructWriter<Conversion>(structs.apply("tm_conversion"))
                .u32("from", of -> of.from.number())
                .u32("to", of -> of.to.number())
                .u32("n_scales", of -> of.scales.length)
                .u64("rows", Conversion::rows)
                .u64("cols", Conversion::columns)
                .u64("source_bytes", of -> of.from.bytes(of.rows, of.columns))
                .u64("target_bytes", of -> of.to.bytes(of.rows, of.columns))
                .pointer("scales", (of, arena) -> arena.allocateFrom(JAVA_FLOAT, of.scales))
                .whole();
        cache = new StructWriter<CacheConfig>(structs.apply("tm_cache_config"))
                .u32("kv_dtype", config -> config.kvType().number())
                .u32("page_tokens", CacheConfig::pageTokens)
                .u32("n_slots", CacheConfig::slots)
                .u32("max_rows", CacheConfig::maxRows)
                .u32("max_spans", CacheConfig::maxSpans)
                .u32("max_samples", CacheConfig::maxSamples)
                .u32("max_adapters", config -> config.adapters().most())
                .u32("max_rank", config -> config.adapters().rank())
                .u32("adapter_dtype", config -> config.adapters().type().number())
                .groups("group_pages", CacheConfig::groupPages)
                .groups("group_ring", CacheConfig::groupRings)
                .whole();
        adapterPart = new StructWriter<AdapterPart>(structs.apply("tm_adapter_part"))
                .u32("role", part -> part.role().number())
                .u32("layer", AdapterPart::layer)
                .u32("rank", AdapterPart::rank)
                .u32("a_dtype", part -> part.aType().number())
                .u32("b_dtype", part -> part.bType().number())
                .u32("rope_style", part -> part.halves() ? 1 : 0)
                .f32("scale", AdapterPart::scale)
                .u64("a_bytes", part -> part.a().byteSize())
                .u64("b_bytes", part -> part.b().byteSize())
                .pointer("a", (part, arena) -> part.a())
                .pointer("b", (part, arena) -> part.b())
                .whole();
        memory = structs.apply("tm_memory");
        memoryFields = offsets(
                memory, Struct.Type.U64, "weights_in_place", "weights_repacked", "cache", "workspace", "adapters");
        device = structs.apply("tm_device");
        device.at("struct_size", Struct.Type.U32);
        deviceUsable = device.at("usable", Struct.Type.U32);
        deviceBytes = device.at("total_bytes", Struct.Type.U64);
        device.whole();
        host = structs.apply("tm_host");
        hostFields = offsets(host, Struct.Type.U32, "features", "cpu_level", "n_processors", "backends");
    }

    /** Offsets of a struct's fields beside its size and what is reserved. */
    private static long[] offsets(Struct struct, Struct.Type type, String... fields) {
        struct.at("struct_size", Struct.Type.U32);
        struct.at("reserved", Struct.Type.U32);
        long[] offsets = new long[fields.length];
        for (int i = 0; i < fields.length; i++) {
            offsets[i] = struct.at(fields[i], type);
        }
        struct.whole();
        return offsets;
    }

    MemorySegment modelConfig(Arena arena, ContextConfig config) {
        return model.write(arena, config);
    }

    private static MemorySegment layerGroups(ContextConfig config, Arena arena) {
        List<Integer> groups = config.groups().ofLayers();
        MemorySegment layerGroups = arena.allocate(Math.max(1, groups.size()));
        for (int layer = 0; layer < groups.size(); layer++) {
            layerGroups.set(JAVA_BYTE, layer, groups.get(layer).byteValue());
        }
        return layerGroups;
    }

    MemorySegment tensor(Arena arena, TensorData data) {
        return tensor.write(arena, data);
    }

    MemorySegment tensor(Arena arena, TensorKind kind) {
        return tensorKind.write(arena, kind);
    }

    MemorySegment conversion(Arena arena, DType from, DType to, long rows, long columns, float[] scales) {
        return conversion.write(arena, new Conversion(from, to, rows, columns, scales));
    }

    MemorySegment cacheConfig(Arena arena, CacheConfig config) {
        return cache.write(arena, config);
    }

    MemorySegment memory(Arena arena) {
        return memory.allocateSized(arena);
    }

    MemoryUse memoryUse(MemorySegment struct) {
        return new MemoryUse(
                struct.get(JAVA_LONG, memoryFields[0]),
                struct.get(JAVA_LONG, memoryFields[1]),
                struct.get(JAVA_LONG, memoryFields[2]),
                struct.get(JAVA_LONG, memoryFields[3]),
                struct.get(JAVA_LONG, memoryFields[4]));
    }

    MemorySegment adapterParts(Arena arena, List<AdapterPart> parts) {
        return adapterPart.write(arena, parts);
    }

    MemorySegment device(Arena arena) {
        return device.allocateSized(arena);
    }

    Device device(MemorySegment struct, int index, String name, String uuid) {
        return new Device(
                index,
                name,
                uuid,
                struct.get(JAVA_INT, deviceUsable) != 0,
                struct.get(JAVA_LONG, deviceBytes),
                OptionalLong.empty());
    }

    MemorySegment host(Arena arena) {
        return host.allocateSized(arena);
    }

    HostInfo hostInfo(MemorySegment struct) {
        return HostInfo.of(
                struct.get(JAVA_INT, hostFields[0]),
                struct.get(JAVA_INT, hostFields[1]),
                struct.get(JAVA_INT, hostFields[2]),
                struct.get(JAVA_INT, hostFields[3]));
    }
}
