package dev.tramontane.registry;

import dev.tramontane.generation.TextGenerator;

/** A model that is loaded. */
public interface Resident {

    TextGenerator generator();

    /** False once it has failed for good. */
    boolean isHealthy();

    /** Ends what runs. Blocks for a step at most; what it ends is told while {@link #free} has not been called. */
    void end();

    /** Gives all back that it has taken. After {@link #end}. */
    void free();
}
