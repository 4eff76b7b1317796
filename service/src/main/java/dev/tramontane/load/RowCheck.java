package dev.tramontane.load;

import dev.tramontane.model.StageStep;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Finds rows that a stage gave which are no numbers, where no sample will tell of them. Sums of the residual stream keep what is no number, so
 * one look at what comes to the last stage finds what came to any.
 */
final class RowCheck {
    /** The least bits, without the sign, of what is no finite float32. */
    private static final int INFINITE = 0x7f80_0000;

    private final int[] row;
    private final BitSet broken = new BitSet();

    /** @param width floats of a row */
    RowCheck(int width) {
        row = new int[width];
    }

    void clear() {
        broken.clear();
    }

    /**
     * Looks at rows of a step of which nothing is sampled.
     *
     * @param part of the step
     * @param rows its rows, float32, little-endian
     * @param first where they begin in the whole step
     */
    void look(StageStep part, ByteBuffer rows, int first) {
        ByteBuffer in = rows.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int number = 0; number < part.rows(); number++) {
            if (part.wants(number)) {
                continue;
            }
            in.position(number * row.length * Integer.BYTES).asIntBuffer().get(row);
            int most = 0;
            for (int bits : row) {
                most = Math.max(most, bits & Integer.MAX_VALUE);
            }
            if (most >= INFINITE) {
                broken.set(first + number);
            }
        }
    }

    /** Whether there is one among the step's rows from {@code first} on. */
    boolean found(int first, int count) {
        int next = broken.nextSetBit(first);
        return next >= 0 && next < first + count;
    }
}
