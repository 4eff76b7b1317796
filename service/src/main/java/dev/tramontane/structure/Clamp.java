package dev.tramontane.structure;

/** Counts are cut to what one token can tell apart: of all tokens, or of those that are not plain text, which are shorter. */
enum Clamp {
    ALL,
    OTHERS
}
