package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A model in two contexts through the binding; that its bits are the whole's on every backend is {@code parts_test}'s. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PartContextTest {
    private static final int ROWS = 20;
    private static final int BYTES = ROWS * TinyContext.WIDTH * Float.BYTES;

    private final KernelLibrary library = TinyContext.library();
    private final Arena arena = Arena.ofShared();
    private final KernelContext whole = TinyContext.ready(library, arena);
    private final List<KernelContext> parts = TinyContext.parts(library, arena);

    @AfterAll
    void close() {
        whole.close();
        parts.forEach(KernelContext::close);
        arena.close();
    }

    @Test
    void rowsGoFromOneContextToTheNext() {
        ByteBuffer rows = ByteBuffer.allocateDirect(BYTES);
        try (StepDescriptor expected = whole.newStep();
                StepDescriptor layers = parts.get(0).newStep();
                StepDescriptor head = parts.get(1).newStep()) {
            run(whole, expected, null, null, true);
            run(parts.get(0), layers, null, rows, false);
            run(parts.get(1), head, rows, null, true);
            assertThat(logits(head)).isEqualTo(logits(expected));
            assertThat(head.results().token(0)).isEqualTo(expected.results().token(0));
        }
    }

    @Test
    void masksAreWrittenAnewBeforeTheStepIsSubmitted() {
        ByteBuffer rows = ByteBuffer.allocateDirect(BYTES);
        try (StepDescriptor head = parts.get(1).newStep()) {
            fill(head, rows, null, true);
            int mask = head.masks().add(new int[] {0, 0});
            head.useMask(mask);
            assertThatIllegalArgumentException().isThrownBy(() -> head.masks().rewrite(mask, new long[2]));
            assertThatThrownBy(() -> head.masks().rewrite(mask + 1, new long[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            head.masks().rewrite(mask, new long[] {1L << 37});
            parts.get(1).submit(head);
            parts.get(1).await(-1);
            assertThat(head.results().token(0)).isEqualTo(37);
            assertThatThrownBy(() -> head.masks().rewrite(mask, new long[1])).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void buffersThatCannotHoldTheRowsAreRefusedBeforeTheyAreTouched() {
        try (StepDescriptor layers = parts.get(0).newStep()) {
            assertThatIllegalArgumentException().isThrownBy(() -> layers.connect(null, ByteBuffer.allocate(BYTES)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> layers.connect(
                            null, ByteBuffer.allocateDirect(BYTES).asReadOnlyBuffer()));
            fill(layers, null, ByteBuffer.allocateDirect(BYTES - 1), false);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> parts.get(0).submit(layers))
                    .withMessageContaining("20 rows of 64 bytes");
            fill(layers, null, null, false);
            assertThatThrownBy(() -> parts.get(0).submit(layers))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("hidden_out is NULL");
        }
    }

    @Test
    void whatIsConnectedIsForgottenWhenTheStepIsCleared() {
        try (StepDescriptor layers = parts.get(0).newStep()) {
            fill(layers, null, ByteBuffer.allocateDirect(BYTES), false);
            TinyContext.fill(layers, 0, ROWS);
            assertThatThrownBy(() -> parts.get(0).submit(layers)).isInstanceOf(KernelException.class);
        }
    }

    private static void run(
            KernelContext context,
            StepDescriptor step,
            @Nullable ByteBuffer from,
            @Nullable ByteBuffer to,
            boolean samples) {
        fill(step, from, to, samples);
        context.submit(step);
        context.await(-1);
    }

    private static void fill(StepDescriptor step, @Nullable ByteBuffer from, @Nullable ByteBuffer to, boolean samples) {
        step.clear();
        step.addSpan(0, 0);
        for (int row = 0; row < ROWS; row++) {
            step.addRow((row * 7 + 3) % TinyContext.VOCABULARY);
        }
        step.addEdit(0, 0, 0, 4);
        step.addEdit(0, 0, 1, 7);
        step.connect(from, to);
        if (samples) {
            TinyContext.addSample(step, ROWS - 1, 0, StepDescriptor.DRAW, 0, StepDescriptor.NO_MASK, ROWS);
            step.wantLogits();
        }
    }

    private static float[] logits(StepDescriptor step) {
        float[] logits = new float[TinyContext.VOCABULARY];
        step.results().copyLogits(0, logits, 0);
        return logits;
    }
}
