package dev.tramontane.registry;

import java.util.List;

/** What there is for the models of a process together. Asked on the loader's thread; may look at the machine. */
@FunctionalInterface
public interface Budget {

    /** Bytes that are lacking for these models at a time; at most 0 when all of them fit. Never less with one more. */
    long missing(List<Footprint> models);
}
