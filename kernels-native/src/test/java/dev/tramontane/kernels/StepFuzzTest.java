package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/**
 * Ten thousand steps of random entries, and ten thousand good ones whose bytes are corrupted. Each one runs or is refused by
 * the library, the only one to check; afterwards the context still computes what it did before.
 */
final class StepFuzzTest {
    private static final int STEPS = 10_000;
    private static final int[] EDGES = {
        0,
        1,
        -1,
        2,
        -2,
        3,
        4,
        11,
        12,
        15,
        16,
        17,
        31,
        32,
        39,
        40,
        41,
        255,
        1 << 20,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE
    };

    private static final double[] WILD = {
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -1, -0.0, 0, 2, 3, 1e-45, 1e300
    };

    private final KernelLibrary library = TinyContext.library();

    @Test
    void randomStepsRunOrAreRefused() {
        long seed = 20260;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (Arena arena = Arena.ofShared();
                KernelContext context = TinyContext.ready(library, arena);
                StepDescriptor step = context.newStep()) {
            float before = probe(context, step);
            int ran = 0;
            for (int i = 0; i < STEPS; i++) {
                fillRandomly(step, random);
                try {
                    context.submit(step);
                    context.releaseMasks();
                    assertThat(context.await(-1)).isTrue();
                    ran++;
                } catch (KernelException refused) {
                    assertThat(refused.getMessage())
                            .as("seed %d step %d", seed, i)
                            .isNotBlank();
                    assertThat(step.inFlight()).isFalse();
                }
            }
            assertThat(ran).as("seed %d: both outcomes are tried", seed).isBetween(STEPS / 50, STEPS - STEPS / 50);
            assertThat(probe(context, step)).as("seed %d", seed).isEqualTo(before);
        }
    }

    /** Fields of the arrays are overwritten; the arrays keep their extents, as no check can see them. */
    @Test
    void corruptedStepsAreRefusedByTheLibraryItself() {
        long seed = 20261;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (Arena arena = Arena.ofShared();
                KernelContext context = TinyContext.ready(library, arena);
                StepDescriptor step = context.newStep()) {
            float before = probe(context, step);
            int refusals = 0;
            for (int i = 0; i < STEPS; i++) {
                TinyContext.fill(step, random.nextInt(TinyContext.SLOTS), 1 + random.nextInt(32));
                step.masks().add(new int[] {random.nextInt(), random.nextInt()});
                TinyContext.addSample(step, step.rows() - 1, 0, StepDescriptor.DRAW, 3, 0, 9);
                step.addCounts(new int[] {1, 2}, 1);
                step.addBias(3, 1f);
                step.addCopy(0, 10, 11);
                int corruptions = 1 + random.nextInt(3);
                for (int c = 0; c < corruptions; c++) {
                    corrupt(step.columns(), random);
                }
                if (!submitCorrupted(context, step)) {
                    refusals++;
                }
            }
            assertThat(refusals).as("seed %d", seed).isBetween(STEPS / 10, STEPS - 1);
            assertThat(probe(context, step)).as("seed %d", seed).isEqualTo(before);
        }
    }

    @Test
    void aHeadWithoutArraysIsRefused() {
        try (Arena arena = Arena.ofShared();
                KernelContext context = TinyContext.ready(library, arena);
                StepDescriptor step = context.newStep()) {
            probe(context, step); // so that the pages are set without edits, too
            for (var member : library.struct("tm_step").fields().entrySet()) {
                String field = member.getKey();
                long size = member.getValue().type() == Struct.Type.POINTER ? 8 : 4;
                TinyContext.fill(step, 0, 4);
                MemorySegment head = step.columns().seal(false, false);
                head.asSlice(member.getValue().offset(), size).fill((byte) 0);
                // What is optional may be absent; all else is refused.
                boolean optional =
                        field.matches("late_masks|n_counts|counts|n_biases|biases|n_masks|masks|n_copies|copies"
                                + "|n_samples|logits|n_edits|hidden_in|hidden_out");
                int status = context.bindings.submit(context.handle, head);
                if (status == Bindings.OK) {
                    assertThat(context.await(-1)).isTrue();
                }
                assertThat(status == Bindings.OK || !optional).as(field).isTrue();
                assertThat(status != Bindings.OK || optional).as(field).isTrue();
            }
        }
    }

    /** With arrays that only the library looks at. */
    private static boolean submitCorrupted(KernelContext context, StepDescriptor step) {
        int status = context.bindings.submit(context.handle, step.columns().seal(false, false));
        if (status == Bindings.OK) {
            assertThat(context.await(-1)).isTrue();
        }
        return status == Bindings.OK;
    }

    private static void corrupt(StepColumns columns, RandomGenerator random) {
        Column[] all = {
            columns.tokens,
            columns.spans,
            columns.edits,
            columns.copies,
            columns.samples,
            columns.counts,
            columns.biases
        };
        Column column = all[random.nextInt(all.length)];
        long words = column.used() / Integer.BYTES;
        long at = random.nextLong(words) * Integer.BYTES;
        if (random.nextBoolean()) {
            column.memory().set(JAVA_INT, at, EDGES[random.nextInt(EDGES.length)]);
        } else {
            long byteAt = at + random.nextInt(Integer.BYTES);
            byte old = column.memory().get(JAVA_BYTE, byteAt);
            column.memory().set(JAVA_BYTE, byteAt, (byte) (old ^ 1 << random.nextInt(8)));
        }
    }

    private static void fillRandomly(StepDescriptor step, RandomGenerator random) {
        step.clear();
        int spans = 1 + random.nextInt(3);
        for (int s = 0; s < spans; s++) {
            int slot = random.nextInt(8) == 0 ? pick(random) : (s + random.nextInt(2)) % TinyContext.SLOTS;
            long position = random.nextInt(4) == 0 ? pick(random) : 0;
            step.addSpan(slot, position);
            int rows = random.nextInt(12);
            for (int r = 0; r < rows; r++) {
                step.addRow(random.nextInt(40) == 0 ? pick(random) : random.nextInt(TinyContext.VOCABULARY));
            }
            for (int entry = 0; entry < TinyContext.RING; entry++) {
                boolean wild = random.nextInt(12) == 0;
                step.addEdit(slot, 0, entry, wild ? pick(random) : Math.floorMod(slot, 4) * TinyContext.RING + entry);
            }
        }
        for (int c = random.nextInt(2); c > 0; c--) {
            step.addCopy(random.nextInt(8) == 0 ? pick(random) : 0, random.nextInt(13), random.nextInt(12));
        }
        int masks = random.nextInt(2);
        for (int m = 0; m < masks; m++) {
            if (random.nextBoolean()) {
                step.masks().add(new int[] {random.nextInt(), random.nextInt()});
            } else {
                step.masks().addLate();
            }
        }
        int row = 0;
        for (int s = random.nextInt(4); s > 0; s--) {
            row += random.nextInt(3);
            step.addSample(
                    random.nextInt(10) == 0 ? pick(random) : row,
                    random.nextInt(TinyContext.SLOTS),
                    random.nextInt(100),
                    random.nextLong());
            step.score(random.nextInt(4) == 0 ? pick(random) : StepDescriptor.DRAW);
            step.reportTops(random.nextInt(22));
            step.useMask(random.nextInt(2) - 1);
            setNumbers(step, random);
            if (random.nextBoolean()) {
                step.addCounts(new int[] {random.nextInt(41), random.nextInt(5)}, 1);
                step.addBias(random.nextInt(41), random.nextFloat(-101f, 101f));
            }
        }
        if (random.nextInt(4) == 0) {
            step.wantLogits();
        }
    }

    private static void setNumbers(StepDescriptor step, RandomGenerator random) {
        boolean wild = random.nextInt(10) == 0;
        for (String name : step.numbers()) {
            step.set(step.number(name), wild ? WILD[random.nextInt(WILD.length)] : usual(name, random));
        }
    }

    private static double usual(String name, RandomGenerator random) {
        return switch (name) {
            case "temperature" -> random.nextDouble() * 2;
            case "top_k" -> random.nextInt(50);
            case "top_p" -> 0.01 + random.nextDouble() * 0.9;
            case "repetition_penalty" -> 1.1;
            default -> 0.05;
        };
    }

    private static int pick(RandomGenerator random) {
        return EDGES[random.nextInt(EDGES.length)];
    }

    /** What the context says to a fixed step. */
    private static float probe(KernelContext context, StepDescriptor step) {
        TinyContext.fill(step, 0, 20);
        context.submit(step);
        assertThat(context.await(-1)).isTrue();
        return step.results().logprob(0);
    }
}
