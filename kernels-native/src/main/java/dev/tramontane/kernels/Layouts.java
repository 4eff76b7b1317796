package dev.tramontane.kernels;

/** Sizes of arrays in tramontane.h's structs; where their fields lie the library says itself, see {@link Struct}. */
final class Layouts {
    /** {@code TM_MAX_GROUPS}. */
    static final int MAX_GROUPS = 8;

    /** {@code TM_MAX_TOP_LOGPROBS}. */
    static final int MAX_TOP = 20;

    private Layouts() {}
}
