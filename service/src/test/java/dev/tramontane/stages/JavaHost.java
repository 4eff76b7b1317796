package dev.tramontane.stages;

import dev.tramontane.fixtures.JavaStage;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelException;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Has stages in Java of one digest. */
final class JavaHost implements StageHost {
    static final String DIGEST = "0123";

    /** All that were loaded. */
    final List<JavaStage> stages = new CopyOnWriteArrayList<>();

    volatile int mostRows = Integer.MAX_VALUE;

    /** Why orders of other digests are refused. */
    volatile String refusal = "its weights are others";

    private static final int MOST_PAGES = 1 << 12;

    @Override
    public Hosted open(StageOrder order, Progress progress) {
        if (!order.digest().equals(DIGEST)) {
            throw new ModelException(refusal);
        }
        progress.at(1, 2);
        JavaStage stage = new JavaStage(JavaStage.geometry(), order.layers());
        stages.add(stage);
        return new Hosted() {
            @Override
            public Stage stage() {
                return stage;
            }

            @Override
            public ModelGeometry geometry() {
                return JavaStage.geometry();
            }

            @Override
            public void require(CacheShape shape) {
                if (shape.maxRows() > mostRows) {
                    throw new ModelException("there is no memory for so many rows");
                }
                for (CacheShape.Group group : shape.groups()) {
                    if (group.pages() > MOST_PAGES || group.ring() > MOST_PAGES) {
                        throw new ModelException("there is no memory for so many pages");
                    }
                }
            }

            @Override
            public void close() {
                stage.close();
            }
        };
    }
}
