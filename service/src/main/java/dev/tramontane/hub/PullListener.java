package dev.tramontane.hub;

import dev.tramontane.hub.PullPlan.PlannedFile;

/** Hears how a pull goes on. Called on the thread that pulls; what it throws ends the pull. */
public interface PullListener {
    /** Says nothing to nobody. */
    PullListener NONE = new PullListener() {};

    /** Somebody else pulls into the same store: this one waits for him. */
    default void waiting() {}

    /**
     * The hub has said what it is.
     *
     * @param missing bytes that are not there yet
     */
    default void planned(PullPlan plan, long missing) {}

    /** So many bytes of a file are there; a few times a second, and once at its end. */
    default void at(PlannedFile file, long done) {}

    /** So many bytes of a file are summed. */
    default void checking(PlannedFile file, long done) {}

    /** Something that people should know: a sentence that goes on after the program's name. */
    default void remark(String what) {}

    /** All is there and checked; the model is about to be. */
    default void checked(PullPlan plan) {}
}
