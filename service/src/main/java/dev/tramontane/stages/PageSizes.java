package dev.tramontane.stages;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerRange;
import dev.tramontane.model.ModelGeometry;

/** Bytes of a stage's part of a page: keys and values of its own layers. */
final class PageSizes {
    private final long[] bytes;

    PageSizes(ModelGeometry geometry, LayerRange layers, CacheShape shape) {
        bytes = new long[geometry.groups().size()];
        long perLayer = geometry.layerBytes(shape.type()) * shape.pageTokens();
        for (int group = 0; group < bytes.length; group++) {
            bytes[group] = perLayer * layers.of(geometry.groups().get(group));
        }
    }

    int groups() {
        return bytes.length;
    }

    /** 0 where the stage has no layer of the group. */
    long of(int group) {
        return bytes[group];
    }

    long largest() {
        long most = 0;
        for (long each : bytes) {
            most = Math.max(most, each);
        }
        return most;
    }
}
