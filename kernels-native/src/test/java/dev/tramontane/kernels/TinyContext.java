package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A model of two layers with seeded F32 weights, and the library that the build has just made. */
final class TinyContext {
    static final int LAYERS = 2;
    static final int WIDTH = 16;
    static final int HEADS = 2;
    static final int KV_HEADS = 1;
    static final int HEAD_DIM = 8;
    static final int FFN = 24;
    static final int EXPERTS = 4;
    static final int VOCABULARY = 40;
    static final int SLOTS = 4;
    static final int PAGE = 16;
    static final int PAGES = 12;
    static final int RING = 3;

    private TinyContext() {}

    static Platform platform() {
        return Platform.of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static KernelLibrary library() {
        return KernelLibrary.bundled(
                platform(), Path.of("target", "kernel-cache").toAbsolutePath());
    }

    static ContextConfig config(Backend backend) {
        return config(backend, 0, 0);
    }

    static ContextConfig config(Backend backend, int experts, int expertsUsed) {
        return config(backend, experts, expertsUsed, LAYERS, ContextConfig.Parts.WHOLE);
    }

    private static ContextConfig config(
            Backend backend, int experts, int expertsUsed, int layers, ContextConfig.Parts parts) {
        return new ContextConfig(
                new ContextConfig.Placement(backend, CpuLevel.AUTO, 1),
                new ContextConfig.Shape(layers, WIDTH, HEADS, KV_HEADS, HEAD_DIM, FFN, VOCABULARY),
                new ContextConfig.Mixture(experts, expertsUsed),
                new ContextConfig.Rotation(false, HEAD_DIM, 10000.0),
                1e-5,
                new ContextConfig.Groups(List.of(0), Collections.nCopies(layers, 0)),
                parts);
    }

    static CacheConfig cache() {
        return new CacheConfig(DType.F32, PAGE, SLOTS, 32, SLOTS, 16, List.of(PAGES), List.of(RING));
    }

    static void setTensors(KernelContext context, Arena arena) {
        setTensors(context, arena, 0);
    }

    /** Every tensor of a model with experts 0 to experts - 1, or of a dense one. */
    static void setTensors(KernelContext context, Arena arena, int experts) {
        setTensors(arena, experts, context::setTensor);
    }

    private static void setTensors(Arena arena, int experts, Consumer<TensorData> context) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        set(context, arena, random, TensorRole.TOKEN_EMBEDDING, 0, VOCABULARY, WIDTH);
        set(context, arena, random, TensorRole.OUTPUT_NORM, 0, 1, WIDTH);
        for (int layer = 0; layer < LAYERS; layer++) {
            set(context, arena, random, TensorRole.ATTENTION_NORM, layer, 1, WIDTH);
            set(context, arena, random, TensorRole.ATTENTION_Q, layer, HEADS * HEAD_DIM, WIDTH);
            set(context, arena, random, TensorRole.ATTENTION_K, layer, KV_HEADS * HEAD_DIM, WIDTH);
            set(context, arena, random, TensorRole.ATTENTION_V, layer, KV_HEADS * HEAD_DIM, WIDTH);
            set(context, arena, random, TensorRole.ATTENTION_OUT, layer, WIDTH, HEADS * HEAD_DIM);
            set(context, arena, random, TensorRole.FFN_NORM, layer, 1, WIDTH);
            if (experts > 0) {
                set(context, arena, random, TensorRole.FFN_ROUTER, layer, EXPERTS, WIDTH);
            }
            for (int expert = 0; expert < Math.max(1, experts); expert++) {
                set(context, arena, random, TensorRole.FFN_GATE, layer, expert, FFN, WIDTH);
                set(context, arena, random, TensorRole.FFN_UP, layer, expert, FFN, WIDTH);
                set(context, arena, random, TensorRole.FFN_DOWN, layer, expert, WIDTH, FFN);
            }
        }
    }

    /** Opened, filled, prepared and sized. */
    static KernelContext ready(KernelLibrary library, Arena arena) {
        KernelContext context = library.open(config(Backend.REF));
        setTensors(context, arena);
        context.prepare((done, total) -> {});
        context.sizeCache(cache());
        return context;
    }

    /** The same model in two contexts: all its layers, and its head. */
    static List<KernelContext> parts(KernelLibrary library, Arena arena) {
        KernelContext layers = library.open(config(Backend.REF, 0, 0, LAYERS, new ContextConfig.Parts(true, false)));
        KernelContext head = library.open(config(Backend.REF, 0, 0, 0, new ContextConfig.Parts(false, true)));
        setTensors(arena, 0, tensor -> {
            if (tensor.role() != TensorRole.OUTPUT_NORM) {
                layers.setTensor(tensor);
            }
            if (tensor.role() == TensorRole.OUTPUT_NORM) {
                head.setTensor(tensor);
            }
            if (tensor.role() == TensorRole.TOKEN_EMBEDDING) {
                head.setTensor(new TensorData(
                        TensorRole.OUTPUT, 0, 0, DType.F32, tensor.rows(), tensor.columns(), tensor.data()));
            }
        });
        for (KernelContext context : List.of(layers, head)) {
            context.prepare((done, total) -> {});
            CacheConfig whole = cache();
            context.sizeCache(new CacheConfig(
                    whole.kvType(),
                    whole.pageTokens(),
                    whole.slots(),
                    whole.maxRows(),
                    whole.maxSpans(),
                    context == head ? whole.maxSamples() : 0,
                    whole.groupPages(),
                    whole.groupRings()));
        }
        return List.of(layers, head);
    }

    /** A span of {@code rows} tokens at position 0 with the pages it needs, and one greedy sample of its last row. */
    static void fill(StepDescriptor step, int slot, int rows) {
        step.clear();
        step.addSpan(slot, 0);
        for (int row = 0; row < rows; row++) {
            step.addRow((row * 7 + 3) % VOCABULARY);
        }
        for (int entry = 0; entry * PAGE < rows; entry++) {
            step.addEdit(slot, 0, entry, slot * RING + entry);
        }
        addSample(step, rows - 1, slot, StepDescriptor.DRAW, StepDescriptor.MAX_TOP, StepDescriptor.NO_MASK, rows);
    }

    /** A greedy sample. */
    static void addSample(StepDescriptor step, int row, int slot, int target, int tops, int mask, long position) {
        step.addSample(row, slot, position, 1);
        step.score(target);
        step.reportTops(tops);
        step.useMask(mask);
        step.set(step.number("top_p"), 1);
        step.set(step.number("repetition_penalty"), 1);
    }

    private static void set(
            Consumer<TensorData> context,
            Arena arena,
            RandomGenerator random,
            TensorRole role,
            int layer,
            int rows,
            int columns) {
        set(context, arena, random, role, layer, 0, rows, columns);
    }

    private static void set(
            Consumer<TensorData> context,
            Arena arena,
            RandomGenerator random,
            TensorRole role,
            int layer,
            int expert,
            int rows,
            int columns) {
        MemorySegment data = arena.allocate(JAVA_FLOAT, (long) rows * columns);
        for (long i = 0; i < (long) rows * columns; i++) {
            data.setAtIndex(JAVA_FLOAT, i, rows == 1 ? 1f : (float) random.nextGaussian() * 0.3f);
        }
        context.accept(new TensorData(role, layer, expert, DType.F32, rows, columns, data));
    }
}
