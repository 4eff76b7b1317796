package dev.tramontane.structure;

/** What a node stands in: a {@link Frame}, or a {@link Draft} of one. */
abstract class Level {
    /** Unique among the frames of a machine and the drafts of one closure, which are below 0. */
    final int id;

    Level(int id) {
        this.id = id;
    }
}
