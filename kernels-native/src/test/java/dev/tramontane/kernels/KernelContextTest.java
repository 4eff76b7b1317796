package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Good use gives results, bad use an exception; never a crash. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class KernelContextTest {
    private final KernelLibrary library = TinyContext.library();
    private final Arena arena = Arena.ofShared();
    private KernelContext ready = TinyContext.ready(library, arena);

    @BeforeAll
    void nothingInFlight() {
        assertThat(ready.await(0)).isTrue();
    }

    @AfterAll
    void close() {
        ready.close();
        arena.close();
    }

    @Test
    void runsAStep() {
        try (StepDescriptor step = ready.newStep()) {
            TinyContext.fill(step, 0, 20);
            step.wantLogits();
            ready.submit(step);
            while (!ready.await(1_000_000)) {
                assertThat(step.inFlight()).isTrue();
            }
            assertThat(step.results().status(0)).isZero();
            assertThat(step.results().tops(0)).isEqualTo(StepDescriptor.MAX_TOP);
            assertThat(step.results().token(0)).isEqualTo(step.results().topToken(0, 0));
            assertThat(step.results().logprob(0))
                    .isEqualTo(step.results().topLogprob(0, 0))
                    .isNegative();
            float[] logits = new float[TinyContext.VOCABULARY + 3];
            step.results().copyLogits(0, logits, 3);
            for (int rank = 1; rank < StepDescriptor.MAX_TOP; rank++) {
                assertThat(step.results().topLogprob(0, rank))
                        .isLessThanOrEqualTo(step.results().topLogprob(0, rank - 1));
                float byLogits = logits[3 + step.results().topToken(0, rank)]
                        - logits[3 + step.results().topToken(0, 0)];
                assertThat(step.results().topLogprob(0, rank) - step.results().topLogprob(0, 0))
                        .isCloseTo(byLogits, org.assertj.core.api.Assertions.within(1e-4f));
            }
            assertThatThrownBy(() -> step.results().copyLogits(1, logits, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> step.results().copyLogits(0, logits, 4))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> step.results().topToken(0, StepDescriptor.MAX_TOP))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatIllegalStateException().isThrownBy(() -> step.addRow(1)).withMessageContaining("clear it first");
        }
    }

    @Test
    void growsWithTheStepAndStaysExact() {
        // Every column beyond its first capacity.
        try (StepDescriptor step = ready.newStep()) {
            TinyContext.fill(step, 1, 32);
            for (int sample = 0; sample < 15; sample++) {
                int mask = step.masks().add(new int[] {1 << (sample + 1), 0});
                TinyContext.addSample(step, 31, 1, StepDescriptor.DRAW, 0, mask, 32);
                step.addCounts(new int[] {1, 1, 2, 2, 3, 3}, 3);
                step.addBias(sample, -1f);
                step.addBias(sample + 1, 2f);
            }
            for (int edit = 0; edit < 10; edit++) {
                step.addEdit(2, 0, edit % TinyContext.RING, 6 + edit % TinyContext.RING);
                step.addCopy(0, 9, 10);
                step.addCopy(0, 10, 11);
            }
            ready.submit(step);
            assertThat(ready.await(-1)).isTrue();
            for (int sample = 0; sample < 15; sample++) {
                assertThat(step.results().token(sample + 1))
                        .as("the mask allows one token")
                        .isEqualTo(sample + 1);
            }
        }
    }

    @Test
    void samplesByMasksThatCameWhileItComputed() {
        try (StepDescriptor step = ready.newStep()) {
            for (int token : new int[] {0, 31, 32, 39}) {
                TinyContext.fill(step, 1, 32);
                int early = step.masks().add(new int[] {1 << 5, 0});
                int late = step.masks().addLate();
                TinyContext.addSample(step, 31, 1, StepDescriptor.DRAW, 0, early, 33);
                TinyContext.addSample(step, 31, 1, StepDescriptor.DRAW, 0, late, 32);
                long[] words = {1L << token};
                assertThatIllegalStateException().isThrownBy(() -> step.masks().write(late, words));
                ready.submit(step);
                assertThatIllegalStateException()
                        .isThrownBy(() -> ready.await(-1))
                        .withMessageContaining("late masks");
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> step.masks().write(late, new long[2]));
                assertThatThrownBy(() -> step.masks().write(2, words)).isInstanceOf(IndexOutOfBoundsException.class);
                step.masks().write(late, new long[] {-1});
                step.masks().write(late, words);
                ready.releaseMasks();
                assertThatIllegalStateException().isThrownBy(() -> step.masks().write(late, words));
                assertThat(ready.await(-1)).isTrue();
                assertThat(step.results().token(1)).isEqualTo(5);
                assertThat(step.results().token(2)).isEqualTo(token);
            }
            assertThatThrownBy(ready::releaseMasks)
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("no step is in flight");
        }
    }

    @Test
    void aMaskThatDidNotComeAllowsNothing() {
        try (StepDescriptor step = ready.newStep()) {
            TinyContext.fill(step, 1, 32);
            int first = step.masks().addLate();
            TinyContext.addSample(step, 31, 1, StepDescriptor.DRAW, 0, first, 32);
            ready.submit(step);
            step.masks().write(first, new long[] {-1});
            ready.releaseMasks();
            assertThat(ready.await(-1)).isTrue();
            assertThat(step.results().status(1)).isZero();
            TinyContext.fill(step, 1, 32);
            int again = step.masks().addLate();
            TinyContext.addSample(step, 31, 1, StepDescriptor.DRAW, 0, again, 32);
            ready.submit(step);
            ready.releaseMasks();
            assertThat(ready.await(-1)).isTrue();
            assertThat(step.results().status(1))
                    .as("not what lay there in the step before")
                    .isEqualTo(2);
        }
    }

    @Test
    void refusesEveryIndexOutsideTheModelAndTheCache() {
        int vocabulary = TinyContext.VOCABULARY;
        refused("tokens", step -> step.addRow(vocabulary));
        refused("tokens", step -> step.addRow(-2));
        refused("spans", step -> span(step, TinyContext.SLOTS, 0));
        refused("spans", step -> span(step, -1, 0));
        refused("spans", step -> span(step, 1, -1));
        refused("spans", step -> span(step, 1, Long.MAX_VALUE));
        refused("n_rows is 0", step -> step.addSpan(1, 0));
        refused("rows", step -> {
            for (int row = 0; row < 33; row++) {
                step.addRow(0);
            }
        });
        refused("edits", step -> step.addEdit(TinyContext.SLOTS, 0, 0, 0));
        refused("edits", step -> step.addEdit(0, 1, 0, 0));
        refused("edits", step -> step.addEdit(0, -1, 0, 0));
        refused("edits", step -> step.addEdit(0, 0, TinyContext.RING, 0));
        refused("edits", step -> step.addEdit(0, 0, 0, TinyContext.PAGES));
        refused("edits", step -> {
            for (int i = 0; i < TinyContext.SLOTS * TinyContext.RING; i++) {
                step.addEdit(0, 0, 0, 0);
            }
        });
        refused("copies", step -> step.addCopy(1, 0, 1));
        refused("copies", step -> step.addCopy(0, TinyContext.PAGES, 1));
        refused("copies", step -> step.addCopy(0, 0, -1));
        refused("row", step -> sample(step, 99, 0, -1, 0, -1));
        refused("rising", step -> sample(step, 0, 0, -1, 0, -1));
        refused("slot", step -> sample(step, 9, TinyContext.SLOTS, -1, 0, -1));
        refused("target", step -> sample(step, 9, 0, vocabulary, 0, -1));
        refused("target", step -> sample(step, 9, 0, -2, 0, -1));
        refused("top_logprobs", step -> sample(step, 9, 0, -1, 21, -1));
        refused("top_logprobs", step -> sample(step, 9, 0, -1, -1, -1));
        refused("mask", step -> sample(step, 9, 0, -1, 0, 0));
        refused("mask", step -> sample(step, 9, 0, -1, 0, -2));
        refused("counts", step -> step.addCounts(new int[] {vocabulary, 1}, 1));
        refused("biases", step -> step.addBias(-1, 0f));
        refused("samples", step -> {
            for (int i = 0; i < 16; i++) {
                sample(step, 9, 0, -1, 0, -1);
            }
        });
    }

    @Test
    void refusesWhatDoesNotFitTheDescriptor() {
        try (StepDescriptor step = ready.newStep()) {
            assertThatIllegalStateException().isThrownBy(() -> step.addRow(0)).withMessageContaining("span");
            assertThatIllegalStateException().isThrownBy(() -> step.addBias(0, 0f));
            assertThatIllegalStateException().isThrownBy(() -> step.addCounts(new int[2], 1));
            assertThatIllegalStateException().isThrownBy(() -> step.set(step.number("top_p"), 1));
            assertThatIllegalStateException().isThrownBy(() -> step.score(1));
            assertThatIllegalStateException().isThrownBy(() -> step.results().token(0));
            assertThatIllegalArgumentException().isThrownBy(() -> step.masks().add(new int[1]));
            TinyContext.fill(step, 0, 1);
            assertThatIllegalArgumentException().isThrownBy(() -> step.addCounts(new int[3], 2));
            assertThatIllegalArgumentException().isThrownBy(() -> step.addCounts(new int[3], -1));
        }
        try (KernelContext other = library.open(TinyContext.config(Backend.REF));
                StepDescriptor foreign = other.newStep()) {
            TinyContext.fill(foreign, 0, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ready.submit(foreign))
                    .withMessageContaining("the context that made it");
        }
        StepDescriptor closed = ready.newStep();
        closed.close();
        closed.close();
        assertThatIllegalStateException().isThrownBy(() -> closed.addSpan(0, 0));
        assertThatIllegalStateException().isThrownBy(closed::clear);
        assertThatIllegalStateException().isThrownBy(() -> ready.submit(closed));
    }

    @Test
    void aSamplesNumbersAreKnownByTheirNames() {
        try (StepDescriptor step = ready.newStep()) {
            assertThat(step.numbers()).contains("temperature", "top_k").doesNotContain("row", "n_counts", "mask");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> step.number("typical_p"))
                    .withMessageContaining("typical_p");
            assertThatIllegalArgumentException().isThrownBy(() -> step.number("first_count"));
        }
    }

    @Test
    void theLibrarysOwnRefusalCarriesItsWords() {
        try (StepDescriptor step = ready.newStep()) {
            TinyContext.fill(step, 0, 4);
            TinyContext.addSample(step, 3, 0, StepDescriptor.DRAW, 0, StepDescriptor.NO_MASK, 4);
            step.set(step.number("temperature"), Double.NaN);
            assertThatThrownBy(() -> ready.submit(step))
                    .isInstanceOfSatisfying(
                            KernelException.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(KernelException.Status.INVALID_ARGUMENT))
                    .hasMessageContaining("temperature");
            assertThat(step.inFlight()).isFalse();
            TinyContext.fill(step, 0, 4);
            ready.submit(step);
            assertThat(ready.await(-1)).isTrue();
        }
    }

    @Test
    void aStepInFlightBelongsToTheLibrary() {
        try (StepDescriptor step = ready.newStep();
                StepDescriptor next = ready.newStep()) {
            TinyContext.fill(step, 0, 32);
            TinyContext.fill(next, 1, 4);
            ready.submit(step);
            assertThatIllegalStateException().isThrownBy(() -> step.addRow(1)).withMessageContaining("await it first");
            assertThatIllegalStateException().isThrownBy(step::clear);
            assertThatIllegalStateException().isThrownBy(step::close);
            assertThatIllegalStateException().isThrownBy(() -> step.results().token(0));
            assertThatIllegalStateException()
                    .isThrownBy(() -> ready.submit(next))
                    .withMessageContaining("in flight");
            assertThatThrownBy(() -> ready.sizeCache(TinyContext.cache())).isInstanceOf(KernelException.class);
            assertThat(ready.await(-1)).isTrue();
            assertThat(step.results().status(0)).isZero();
            ready.submit(next);
            assertThat(ready.await(-1)).isTrue();
        }
    }

    @Test
    void refusesCallsOutOfOrder() {
        try (KernelContext context = library.open(TinyContext.config(Backend.REF));
                StepDescriptor step = context.newStep()) {
            assertThatThrownBy(() -> context.sizeCache(TinyContext.cache())).isInstanceOf(KernelException.class);
            assertThatThrownBy(() -> context.prepare((done, total) -> {}))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("cannot prepare");
            TinyContext.fill(step, 0, 1);
            assertThatThrownBy(() -> context.submit(step))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("the cache has to be sized before a step");
        }
    }

    @Test
    void refusesBadTensors() {
        try (KernelContext context = library.open(TinyContext.config(Backend.REF))) {
            MemorySegment data = arena.allocate(4L * TinyContext.VOCABULARY * TinyContext.WIDTH);
            long rows = TinyContext.VOCABULARY;
            long columns = TinyContext.WIDTH;
            TensorRole role = TensorRole.TOKEN_EMBEDDING;
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            context.setTensor(new TensorData(role, 0, 0, DType.F32, rows, columns, data.asSlice(1))))
                    .withMessageContaining("needs 2560 bytes");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(
                            role, 0, 0, DType.F32, rows, columns, MemorySegment.ofArray(new float[640]))))
                    .withMessageContaining("off-heap");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(
                            new TensorData(role, 0, 0, DType.F32, rows, columns, MemorySegment.NULL)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(role, 1, 0, DType.F32, rows, columns, data)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(role, 0, 1, DType.F32, rows, columns, data)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(role, 0, 0, DType.F32, 0, columns, data)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(role, 0, 0, DType.Q4_0, rows, columns, data)))
                    .withMessageContaining("multiple of 32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            context.setTensor(new TensorData(role, 0, 0, DType.F32, Long.MAX_VALUE, columns, data)))
                    .withMessageContaining("larger than any memory");
            assertThatThrownBy(() -> context.setTensor(new TensorData(role, 0, 0, DType.F32, rows / 2, columns, data)))
                    .isInstanceOf(KernelException.class);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> quantised(DType.Q8_0, DType.F32, data))
                    .withMessageContaining("cannot be quantised from Q8_0 to F32");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> quantised(DType.F32, DType.Q4_K, data))
                    .withMessageContaining("cannot be quantised from F32 to Q4_K");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> quantised(DType.F32, DType.Q8_0, data, 1))
                    .withMessageContaining("F32 has no scales");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> quantised(DType.F8_E4M3, DType.F16, data, 1, 2))
                    .withMessageContaining("one for each of 3 rows, got 2");
            MemorySegment freed;
            try (Arena gone = Arena.ofConfined()) {
                freed = gone.allocate(data.byteSize());
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> context.setTensor(new TensorData(role, 0, 0, DType.F32, rows, columns, freed)))
                    .withMessageContaining("freed");
            context.setTensor(new TensorData(role, 0, 0, DType.F32, rows, columns, data));
            assertThatThrownBy(() -> context.setTensor(new TensorData(role, 0, 0, DType.F32, rows, columns, data)))
                    .isInstanceOf(KernelException.class);
        }
    }

    private static TensorData quantised(DType type, DType computedAs, MemorySegment data, float... scales) {
        return new TensorData(TensorRole.ATTENTION_Q, 0, 0, type, computedAs, 3, 32, data, scales);
    }

    @Test
    void refusesBadGeometry() {
        ContextConfig good = TinyContext.config(Backend.REF);
        assertThatIllegalArgumentException().isThrownBy(() -> withGroups(good, List.of(), List.of(0, 0)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> withGroups(good, Collections.nCopies(9, 0), List.of(0, 0)));
        assertThatIllegalArgumentException().isThrownBy(() -> withGroups(good, List.of(0), List.of(0)));
        assertThatIllegalArgumentException().isThrownBy(() -> withGroups(good, List.of(0), List.of(0, 1)));
        for (int layers : new int[] {0, -1, 1_000_000}) {
            assertThatThrownBy(() -> library.open(new ContextConfig(
                            new ContextConfig.Placement(Backend.REF, CpuLevel.AUTO, 1),
                            new ContextConfig.Shape(layers, 16, 2, 1, 8, 24, 40),
                            ContextConfig.Mixture.NONE,
                            new ContextConfig.Rotation(false, 8, 1e4),
                            1e-5,
                            new ContextConfig.Groups(List.of(0), Collections.nCopies(Math.max(0, layers), 0)))))
                    .isInstanceOfAny(KernelException.class, IllegalArgumentException.class);
        }
        if (library.host().backends().contains(Backend.CUDA)) {
            return; // a device is here, so it opens
        }
        assertThatThrownBy(() -> library.open(new ContextConfig(
                        new ContextConfig.Placement(Backend.CUDA, CpuLevel.AUTO, 1),
                        new ContextConfig.Shape(2, 16, 2, 1, 8, 24, 40),
                        ContextConfig.Mixture.NONE,
                        new ContextConfig.Rotation(false, 8, 1e4),
                        1e-5,
                        new ContextConfig.Groups(List.of(0), List.of(0, 0)))))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("cannot open a model: the cuda backend can't be used here: ");
    }

    @Test
    void aClosedContextIsAnExceptionAndASecondCloseNothing() {
        KernelContext context = TinyContext.ready(library, arena);
        StepDescriptor step = context.newStep();
        StepDescriptor another = context.newStep();
        TinyContext.fill(step, 0, 32);
        context.submit(step);
        context.close(); // waits for the step
        context.close();
        assertThat(step.inFlight()).isFalse();
        step.close();
        TinyContext.fill(another, 0, 1);
        List<Runnable> calls = List.of(
                () -> context.submit(another),
                context::newStep,
                () -> context.await(0),
                context::progress,
                context::memoryUse,
                () -> context.sizeCache(TinyContext.cache()),
                () -> context.prepare((done, total) -> {}),
                () -> TinyContext.setTensors(context, arena));
        for (Runnable call : calls) {
            assertThatIllegalStateException().isThrownBy(call::run).withMessageContaining("closed");
        }
        another.close();
    }

    @Test
    void preparingTellsItsProgressOnTheCallersThreadAndKeepsOthersOut() {
        try (KernelContext context = library.open(TinyContext.config(Backend.REF))) {
            TinyContext.setTensors(context, arena);
            assertThat(context.progress()).containsExactly(0, 0);
            List<Thread> heard = new ArrayList<>();
            AtomicReference<@Nullable Throwable> intruder = new AtomicReference<>();
            context.prepare((done, total) -> {
                heard.add(Thread.currentThread());
                assertThat(done).isLessThanOrEqualTo(total);
                CompletableFuture<Void> other = CompletableFuture.runAsync(context::memoryUse);
                try {
                    other.get();
                } catch (ExecutionException expected) {
                    intruder.set(expected.getCause());
                } catch (InterruptedException unexpected) {
                    throw new AssertionError(unexpected);
                }
            });
            assertThat(heard).isNotEmpty().containsOnly(Thread.currentThread());
            assertThat(intruder.get())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("one thread at a time")
                    .hasMessageContaining(Thread.currentThread().getName());
            long[] progress = context.progress();
            assertThat(progress[0]).isEqualTo(progress[1]);
        }
    }

    @Test
    void preparingSurvivesAListenerThatThrowsAndAnInterrupt() {
        try (KernelContext context = library.open(TinyContext.config(Backend.REF))) {
            TinyContext.setTensors(context, arena);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> context.prepare((done, total) -> {
                        throw new UnsupportedOperationException("listener");
                    }))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(Thread.interrupted()).isTrue();
            context.sizeCache(TinyContext.cache());
            assertThat(context.memoryUse().cache()).isPositive();
            assertThat(context.memoryUse().weightsInPlace()).isPositive();
        }
    }

    @Test
    void anotherThreadMayUseItInTurn() throws Exception {
        CompletableFuture.runAsync(() -> {
                    try (StepDescriptor step = ready.newStep()) {
                        TinyContext.fill(step, 3, 8);
                        ready.submit(step);
                        ready.await(-1);
                    }
                })
                .get();
        assertThat(ready.await(0)).isTrue();
    }

    @Test
    void refusesACacheOfAnotherShape() {
        CacheConfig twoGroups = new CacheConfig(DType.F32, 16, 1, 1, 1, 1, List.of(1, 1), List.of(1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ready.sizeCache(twoGroups))
                .withMessageContaining("groups");
        try (KernelContext context = TinyContext.ready(library, arena);
                StepDescriptor step = context.newStep()) {
            CacheConfig odd = new CacheConfig(DType.F32, 17, 1, 1, 1, 1, List.of(1), List.of(1));
            CacheConfig huge = new CacheConfig(DType.F32, 256, 1, 1, 1, 1, List.of(Integer.MAX_VALUE), List.of(1));
            assertThatThrownBy(() -> context.sizeCache(odd)).isInstanceOf(KernelException.class);
            // Operators read these: what they asked for and what is lacking, no function's name.
            assertThatThrownBy(() -> context.sizeCache(huge))
                    .isInstanceOf(KernelException.class)
                    .hasMessageStartingWith("cannot size the cache: ")
                    .hasMessageNotContainingAny("tm_", "vector", "bad_alloc");
            TinyContext.fill(step, 0, 1);
            assertThatThrownBy(() -> context.submit(step)).isInstanceOf(KernelException.class);
            context.sizeCache(TinyContext.cache());
            context.submit(step);
            assertThat(context.await(-1)).isTrue();
        }
    }

    private void refused(String why, Consumer<StepDescriptor> spoil) {
        try (StepDescriptor step = ready.newStep()) {
            TinyContext.fill(step, 0, 10);
            spoil.accept(step);
            assertThatThrownBy(() -> ready.submit(step))
                    .isInstanceOfSatisfying(
                            KernelException.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(KernelException.Status.INVALID_ARGUMENT))
                    .hasMessageContaining(why)
                    .hasMessageContaining("expected");
        }
    }

    private static void span(StepDescriptor step, int slot, long position) {
        step.addSpan(slot, position);
        step.addRow(0);
    }

    private static void sample(StepDescriptor step, int row, int slot, int target, int tops, int mask) {
        TinyContext.addSample(step, row, slot, target, tops, mask, 0);
    }

    private static ContextConfig withGroups(ContextConfig config, List<Integer> windows, List<Integer> layers) {
        return new ContextConfig(
                config.placement(),
                config.shape(),
                config.mixture(),
                config.rotation(),
                config.rmsEpsilon(),
                new ContextConfig.Groups(windows, layers));
    }
}
