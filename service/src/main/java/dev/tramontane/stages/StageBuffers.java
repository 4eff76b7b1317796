package dev.tramontane.stages;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelGeometry;

/**
 * What a stage's process holds of its server's rows and pages beside what computes them: the same for whoever plans it and
 * whoever takes it.
 *
 * @param input bytes of the rows that come in, none for the first layers
 * @param rows bytes of a step's rows: once as they are computed, once as they are sent
 * @param page bytes of the largest page on its way
 */
public record StageBuffers(long input, long rows, long page) {

    /** @param layers the stage's, of a model with this geometry */
    public static StageBuffers of(ModelGeometry geometry, LayerRange layers, CacheShape shape) {
        long rows = (long) shape.maxRows() * geometry.width() * Float.BYTES;
        return new StageBuffers(layers.first() == 0 ? 0 : rows, rows, new PageSizes(geometry, layers, shape).largest());
    }

    public long bytes() {
        return input + 2 * rows + page;
    }
}
