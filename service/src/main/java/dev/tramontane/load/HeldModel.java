package dev.tramontane.load;

import dev.tramontane.kernels.MemoryUse;
import dev.tramontane.model.Model;

/** A model that knows what the kernels hold for it. */
interface HeldModel extends Model {

    /** By the kernels' own books; for the thread that drives the model. */
    MemoryUse memoryUse();
}
