package dev.tramontane.stages;

import dev.tramontane.model.CacheShape;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.model.Stage;

/** What brings layers of a model to life in a stage's process. Called by one thread at a time. */
public interface StageHost {

    /** Hears how far loading is. */
    @FunctionalInterface
    interface Progress {
        void at(long doneBytes, long totalBytes);
    }

    /** Layers that are loaded. */
    interface Hosted extends AutoCloseable {
        Stage stage();

        /** The whole model's. */
        ModelGeometry geometry();

        /**
         * Before a cache of such a shape is made.
         *
         * @throws dev.tramontane.model.ModelException when there is no memory for it, saying how much it takes
         */
        void require(CacheShape shape);

        @Override
        void close();
    }

    /**
     * Loads what is ordered. Blocks as long as that takes.
     *
     * @throws dev.tramontane.model.ModelException when it is not to be had here, in words for the head's operator
     */
    Hosted open(StageOrder order, Progress progress);
}
