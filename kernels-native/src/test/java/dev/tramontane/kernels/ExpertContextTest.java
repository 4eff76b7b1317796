package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Mixtures of experts through the binding: tensors of each expert, what is refused, and the same answer of both backends. */
final class ExpertContextTest {
    private static final int EXPERTS = TinyContext.EXPERTS;

    private final KernelLibrary library = TinyContext.library();

    @Test
    void bothBackendsAgree() {
        float[] expected = logits(Backend.REF);
        float[] actual = logits(Backend.CPU);
        for (int token = 0; token < TinyContext.VOCABULARY; token++) {
            assertThat(actual[token]).isCloseTo(expected[token], within(1e-3f));
        }
        assertThat(logits(Backend.CPU)).containsExactly(actual);
    }

    @Test
    void everyExpertHasToBeSet() {
        try (Arena arena = Arena.ofShared();
                KernelContext context = library.open(TinyContext.config(Backend.CPU, EXPERTS, 2))) {
            TinyContext.setTensors(context, arena, EXPERTS - 1);
            assertThatThrownBy(() -> context.prepare((done, total) -> {}))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("ffn gate of layer 0, expert 3 was not set");
        }
    }

    @Test
    void refusesExpertsOutsideTheModel() {
        try (Arena arena = Arena.ofShared();
                KernelContext context = library.open(TinyContext.config(Backend.REF, EXPERTS, 2))) {
            MemorySegment data = arena.allocate(4L * TinyContext.FFN * TinyContext.WIDTH);
            int rows = TinyContext.FFN;
            int columns = TinyContext.WIDTH;
            for (int expert : new int[] {-1, EXPERTS, Integer.MAX_VALUE}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> context.setTensor(
                                new TensorData(TensorRole.FFN_GATE, 0, expert, DType.F32, rows, columns, data)))
                        .withMessageContaining("expert " + expert);
            }
            assertThatThrownBy(() -> context.setTensor(
                            new TensorData(TensorRole.ATTENTION_Q, 0, 1, DType.F32, columns, columns, data)))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("no such tensor in layer 0, expert 1");
        }
    }

    @Test
    void refusesNumbersOfExpertsThatMakeNoSense() {
        refused(EXPERTS, 0, "n_experts_used is 0, expected 1..4");
        refused(EXPERTS, 5, "n_experts_used is 5, expected 1..4");
        refused(0, 1, "n_experts_used is 1, expected 0..0");
        refused(513, 2, "n_experts is 513, expected 0..512");
        refused(-1, 1, "n_experts is 4294967295");
    }

    private void refused(int experts, int used, String why) {
        assertThatThrownBy(() -> library.open(TinyContext.config(Backend.CPU, experts, used)))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining(why);
    }

    private float[] logits(Backend backend) {
        try (Arena arena = Arena.ofShared();
                KernelContext context = library.open(TinyContext.config(backend, EXPERTS, 2));
                StepDescriptor step = context.newStep()) {
            TinyContext.setTensors(context, arena, EXPERTS);
            context.prepare((done, total) -> {});
            context.sizeCache(TinyContext.cache());
            TinyContext.fill(step, 0, 20);
            step.wantLogits();
            context.submit(step);
            assertThat(context.await(-1)).isTrue();
            assertThat(step.results().status(0)).isZero();
            float[] logits = new float[TinyContext.VOCABULARY];
            step.results().copyLogits(0, logits, 0);
            return logits;
        }
    }
}
