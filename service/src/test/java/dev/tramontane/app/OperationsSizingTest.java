package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.kernels.TensorRole;
import dev.tramontane.load.WorkspaceEstimate;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelGeometry;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The tables of docs/operations.md, Sizing: each row as the program's own arithmetic gives it. */
class OperationsSizingTest {
    private static final double GIB = 1L << 30;

    /** What a device keeps for itself and what fragments, as the text says. */
    private static final double USABLE = 0.9;

    /** Java heap, JVM and system beside the model on a machine of 24 GB, as the text says. */
    private static final double BESIDE = 8e9;

    private static final int TOKENS = 2048;
    private static final int MANY = 32;

    /** A matrix; {@code layers} of it. */
    private record Matrix(TensorRole role, DType type, long rows, long columns, int layers) {
        long bytes() {
            return layers * type.bytes(rows, columns);
        }

        long held(Backend backend) {
            return layers
                    * Kernels.library()
                            .tensorBytes(backend, role, type, type, rows, columns)
                            .orElseThrow();
        }
    }

    private record Shape(String name, ModelGeometry geometry, List<Matrix> matrices) {
        long bytes(Backend backend) {
            return matrices.stream()
                    .mapToLong(matrix -> Math.max(matrix.held(backend), backend.isDevice() ? 0 : matrix.bytes()))
                    .sum();
        }

        /** What a step reads of it: the embedding is looked up. */
        long read() {
            return matrices.stream()
                    .filter(matrix -> matrix.role() != TensorRole.TOKEN_EMBEDDING)
                    .mapToLong(Matrix::bytes)
                    .sum();
        }
    }

    private static Shape of(String name, ModelGeometry.Shape s, int context, boolean tied, DType type, DType head) {
        ModelGeometry geometry = new ModelGeometry(
                "llama",
                name,
                s,
                ModelGeometry.Mixture.NONE,
                new ModelGeometry.Positions(context, 1e6, false, s.headDim()),
                1e-5,
                List.of(new LayerGroup(0, IntStream.range(0, s.layers()).boxed().toList())));
        long q = (long) s.heads() * s.headDim();
        long kv = (long) s.kvHeads() * s.headDim();
        List<Matrix> matrices = new ArrayList<>(List.of(
                new Matrix(TensorRole.ATTENTION_Q, type, q, s.width(), s.layers()),
                new Matrix(TensorRole.ATTENTION_K, type, kv, s.width(), s.layers()),
                new Matrix(TensorRole.ATTENTION_V, type, kv, s.width(), s.layers()),
                new Matrix(TensorRole.ATTENTION_OUT, type, s.width(), q, s.layers()),
                new Matrix(TensorRole.FFN_GATE, type, s.ffn(), s.width(), s.layers()),
                new Matrix(TensorRole.FFN_UP, type, s.ffn(), s.width(), s.layers()),
                new Matrix(TensorRole.FFN_DOWN, type, s.width(), s.ffn(), s.layers()),
                new Matrix(TensorRole.OUTPUT, head, s.vocabulary(), s.width(), 1)));
        if (!tied) {
            matrices.add(new Matrix(TensorRole.TOKEN_EMBEDDING, head, s.vocabulary(), s.width(), 1));
        }
        return new Shape(name, geometry, matrices);
    }

    private static Shape seven(DType type) {
        return of(
                "7B " + type.name().toLowerCase(Locale.ROOT),
                new ModelGeometry.Shape(32, 4096, 32, 8, 128, 14336, 32768),
                32768,
                false,
                type,
                type);
    }

    private static Shape standard() {
        return of(
                "SmolLM2-135M q4_1",
                new ModelGeometry.Shape(30, 576, 9, 3, 64, 1536, 49152),
                8192,
                true,
                DType.Q4_1,
                DType.Q8_0);
    }

    private static Sizing sizing(Shape shape, long cache) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        flags.put(Setting.CONTEXT, "4096");
        flags.put(Setting.MAX_BATCH, Integer.toString(MANY));
        flags.put(Setting.MAX_SEQUENCES, "4096");
        flags.put(Setting.CACHE_MEMORY, Long.toString(cache));
        return Sizing.of(shape.geometry(), Configuration.of(Settings.of(flags, Map.of(), Map.of(), "")), cache);
    }

    private static long workspace(Shape shape, Sizing sizing, Backend backend) {
        var use = WorkspaceEstimate.of(
                Kernels.library(), shape.geometry(), backend, sizing.plan().shape(), 2);
        return use.workspace() + use.cache() - sizing.plan().bytes();
    }

    private static String memory(Shape shape, Backend backend) {
        Sizing sizing = sizing(shape, 4L << 30);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s |",
                shape.name(),
                backend.isDevice() ? "device" : "processor",
                Units.show(shape.bytes(backend)),
                Units.show(sizing.plan().tokenBytes()),
                Units.show(workspace(shape, sizing, backend)));
    }

    /** @param usable bytes of memory; {@code bandwidth} bytes a second */
    private static String machine(String name, double usable, double bandwidth, Shape shape, Backend backend) {
        long left = (long) usable - shape.bytes(backend);
        if (left < GIB) {
            return String.format(Locale.ROOT, "| %s | %s | does not fit | | | |", name, shape.name());
        }
        // The workspace grows with the table of pages a little: twice settles it.
        long cache = left - workspace(shape, sizing(shape, left), backend);
        Sizing sizing = sizing(shape, cache);
        StepCost cost = new StepCost(shape.geometry(), shape.read(), 0, 0, false);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.1f GiB | %,d | %s | %s |",
                name,
                shape.name(),
                cache / GIB,
                sizing.plan().sequences(TOKENS),
                rounded(bandwidth / cost.decodeBytes(1, TOKENS, CacheType.F16)),
                backend.isDevice() ? rounded(MANY * bandwidth / cost.decodeBytes(MANY, TOKENS, CacheType.F16)) : "–");
    }

    /** Two digits: the ceiling of a machine's bandwidth is no better known. */
    private static String rounded(double rate) {
        double unit = Math.pow(10, Math.floor(Math.log10(rate)) - 1);
        return String.format(Locale.ROOT, "%,.0f", Math.round(rate / unit) * unit);
    }

    static List<String> rows() {
        List<String> rows = new ArrayList<>();
        rows.add(memory(standard(), Backend.CPU));
        List<DType> types = List.of(DType.BF16, DType.Q8_0, DType.Q4_0);
        for (DType type : types) {
            rows.add(memory(seven(type), Backend.CPU));
            rows.add(memory(seven(type), Backend.EMU)); // As any device has it.
        }
        rows.add(machine("laptop, 24 GB, 31.5 GB/s", 24e9 - BESIDE, 31.5e9, standard(), Backend.CPU));
        rows.add(machine("laptop, 24 GB, 31.5 GB/s", 24e9 - BESIDE, 31.5e9, seven(DType.Q4_0), Backend.CPU));
        for (DType type : types) {
            rows.add(machine("L4, 24 GB, 300 GB/s", USABLE * 24e9, 300e9, seven(type), Backend.EMU));
        }
        for (DType type : types) {
            rows.add(machine("A10G, 24 GB, 600 GB/s", USABLE * 24e9, 600e9, seven(type), Backend.EMU));
        }
        for (DType type : types) {
            rows.add(machine("H100 SXM, 80 GB, 3,350 GB/s", USABLE * 80e9, 3350e9, seven(type), Backend.EMU));
        }
        for (DType type : types) {
            rows.add(machine("H200, 141 GB, 4,310 GB/s measured", USABLE * 141e9, 4310e9, seven(type), Backend.EMU));
        }
        return rows;
    }

    @Test
    void everyRowIsWhatTheProgramSays() {
        String document = Documents.text("docs/operations.md");
        assertThat(rows())
                .as(String.join("\n", rows()))
                .allSatisfy(row -> assertThat(document).contains(row));
    }
}
