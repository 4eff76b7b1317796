package dev.tramontane.load;

import dev.tramontane.model.ModelException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The memory of rows between stages: behind each of them, for a whole step. */
final class StageLinks {
    private final int stages;
    private final int width;
    private final List<ByteBuffer> behind = new ArrayList<>();

    /** @param width floats of a row */
    StageLinks(int stages, int width) {
        this.stages = stages;
        this.width = width;
    }

    /**
     * Makes room, in place of what there was, which nobody may use any more.
     *
     * @param rows most rows of a step
     * @throws ModelException when there is no such memory
     */
    void size(int rows) {
        behind.clear();
        long bytes = (long) rows * width * Float.BYTES;
        if (bytes > Integer.MAX_VALUE) {
            throw new ModelException("the rows between two stages would take " + bytes + " bytes, expected at most "
                    + Integer.MAX_VALUE + ": give a step fewer rows");
        }
        try {
            for (int stage = 0; stage < stages; stage++) {
                behind.add(ByteBuffer.allocateDirect((int) bytes));
            }
        } catch (OutOfMemoryError none) {
            throw new ModelException("there is no more memory for the rows between stages", none);
        }
    }

    /** The rows that a stage has given. */
    ByteBuffer behind(int stage) {
        return behind.get(stage);
    }
}
