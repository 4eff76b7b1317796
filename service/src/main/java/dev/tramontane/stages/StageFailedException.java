package dev.tramontane.stages;

import dev.tramontane.model.ModelException;

/** The device failed in the middle of a step: what is loaded is of no use any more. The head has been told. */
final class StageFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StageFailedException(ModelException cause) {
        super(cause.getMessage(), cause);
    }
}
