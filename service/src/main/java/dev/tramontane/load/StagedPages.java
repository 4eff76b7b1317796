package dev.tramontane.load;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.LayerGroup;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import java.nio.ByteBuffer;
import java.util.List;

/** Pages of a model in stages: the stages' parts of each one after the other, as a page is of the model in one piece. */
final class StagedPages {
    private final ModelGeometry geometry;
    private final List<Stage> stages;
    private final CacheShape shape;

    StagedPages(ModelGeometry geometry, List<Stage> stages, CacheShape shape) {
        this.geometry = geometry;
        this.stages = stages;
        this.shape = shape;
    }

    /** As {@link dev.tramontane.model.Model#readPage}. */
    void read(int group, int page, ByteBuffer to) {
        eachPart(group, to, (stage, part) -> stage.readPage(group, page, part));
    }

    /** As {@link dev.tramontane.model.Model#writePage}. */
    void write(int group, int page, ByteBuffer from) {
        eachPart(group, from, (stage, part) -> stage.writePage(group, page, part));
    }

    private interface PagePart {
        void copy(Stage stage, ByteBuffer part);
    }

    private void eachPart(int group, ByteBuffer bytes, PagePart copy) {
        if (group < 0 || group >= geometry.groups().size()) {
            throw new ModelException(
                    "group is " + group + ", expected 0.." + (geometry.groups().size() - 1));
        }
        LayerGroup of = geometry.groups().get(group);
        int layerBytes = layerBytes();
        int all = of.layers().size() * layerBytes;
        if (bytes.remaining() != all) {
            throw new ModelException("a page of group " + group + " has " + all + " bytes, got " + bytes.remaining());
        }
        int at = bytes.position();
        for (Stage stage : stages) {
            int own = stage.layers().of(of) * layerBytes;
            if (own > 0) {
                copy.copy(stage, bytes.slice(at, own));
            }
            at += own;
        }
    }

    /** Bytes of a page's keys and values in one layer. */
    private int layerBytes() {
        return Math.toIntExact(geometry.layerBytes(shape.type()) * shape.pageTokens());
    }
}
