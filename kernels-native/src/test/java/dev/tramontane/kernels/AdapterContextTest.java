package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Adapters through the binding; what they compute is the native tests' and the oracle's. */
final class AdapterContextTest {
    private static final int RANK = 4;

    private final KernelLibrary library = TinyContext.library();
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void aSpanIsComputedWithTheAdapterThatItNames() {
        try (KernelContext context = roomy();
                StepDescriptor step = context.newStep()) {
            float[] without = logits(context, step, 0);
            context.loadAdapter(2, List.of(part(TensorRole.ATTENTION_V, 0, 0f), part(TensorRole.FFN_DOWN, 1, 0f)));
            assertThat(logits(context, step, 2)).isEqualTo(without); // b is zero, so nothing is added
            context.loadAdapter(2, List.of(part(TensorRole.ATTENTION_V, 0, 1f)));
            assertThat(logits(context, step, 2)).isNotEqualTo(without);
            assertThat(logits(context, step, 0)).isEqualTo(without);
        }
    }

    @Test
    void onlyWhatIsLoadedCanBeNamed() {
        try (KernelContext context = roomy();
                StepDescriptor step = context.newStep()) {
            context.loadAdapter(1, List.of(part(TensorRole.ATTENTION_Q, 0, 1f)));
            context.dropAdapter(1);
            assertThatThrownBy(() -> logits(context, step, 1))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("spans[0].adapter is 1");
            assertThatThrownBy(() -> context.dropAdapter(1)).hasMessageContaining("adapter 1 is not loaded");
            assertThatThrownBy(() -> context.loadAdapter(3, List.of(part(TensorRole.ATTENTION_Q, 0, 1f))))
                    .hasMessageContaining("adapter is 3, expected 1..2");
            assertThatThrownBy(() -> context.loadAdapter(1, List.of(part(TensorRole.ATTENTION_K, 0, 1f, 1))))
                    .hasMessageContaining("attention k of layer 0: b_bytes is ");
        }
    }

    @Test
    void roomIsToldBeforeAndHadAfter() {
        try (KernelContext context = roomy()) {
            MemoryUse held = context.memoryUse();
            MemoryUse told = library.cacheBytes(TinyContext.config(Backend.REF), cache());
            assertThat(held.adapters()).isEqualTo(told.adapters()).isGreaterThan(2L * RANK * TinyContext.WIDTH);
            assertThat(library.cacheBytes(TinyContext.config(Backend.REF), TinyContext.cache())
                            .adapters())
                    .isZero();
        }
    }

    private static CacheConfig cache() {
        CacheConfig plain = TinyContext.cache();
        return new CacheConfig(
                plain.kvType(),
                plain.pageTokens(),
                plain.slots(),
                plain.maxRows(),
                plain.maxSpans(),
                plain.maxSamples(),
                plain.groupPages(),
                plain.groupRings(),
                new CacheConfig.AdapterRoom(2, RANK, DType.F32));
    }

    private KernelContext roomy() {
        KernelContext context = TinyContext.ready(library, arena);
        context.sizeCache(cache());
        return context;
    }

    private static float[] logits(KernelContext context, StepDescriptor step, int adapter) {
        step.clear();
        step.addSpan(0, 0, adapter);
        for (int row = 0; row < 5; row++) {
            step.addRow(row + 3);
        }
        step.addEdit(0, 0, 0, 1);
        TinyContext.addSample(step, 4, 0, StepDescriptor.DRAW, 0, StepDescriptor.NO_MASK, 5);
        step.wantLogits();
        context.submit(step);
        assertThat(context.await(-1)).isTrue();
        float[] logits = new float[TinyContext.VOCABULARY];
        step.results().copyLogits(0, logits, 0);
        return logits;
    }

    private AdapterPart part(TensorRole role, int layer, float b) {
        return part(role, layer, b, RANK);
    }

    /** @param columns of b */
    private AdapterPart part(TensorRole role, int layer, float b, int columns) {
        int inputs = role == TensorRole.FFN_DOWN ? TinyContext.FFN : TinyContext.WIDTH;
        int outputs = switch (role) {
            case ATTENTION_Q -> TinyContext.HEADS * TinyContext.HEAD_DIM;
            case ATTENTION_K, ATTENTION_V -> TinyContext.KV_HEADS * TinyContext.HEAD_DIM;
            default -> TinyContext.WIDTH;
        };
        return new AdapterPart(
                role,
                layer,
                RANK,
                0.5f,
                true,
                DType.F32,
                filled(RANK * inputs, 1f),
                DType.F32,
                filled(outputs * columns, b));
    }

    private MemorySegment filled(int numbers, float scale) {
        MemorySegment data = arena.allocate(JAVA_FLOAT, numbers);
        for (int i = 0; i < numbers; i++) {
            data.setAtIndex(JAVA_FLOAT, i, scale * (i % 7 - 3) / 3);
        }
        return data;
    }
}
