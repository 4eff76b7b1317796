package dev.tramontane.kernels;

/** Who computes; the numbers are {@code TM_BACKEND_*}. */
public enum Backend {
    /** Scalar with double accumulation: the slow twin that the others are compared with. */
    REF(0),
    /** Vectorised and threaded. */
    CPU(1),
    /** Reserved for a later library. */
    CUDA(2),
    /** Reserved for a later library. */
    EMU(3);

    private final int number;

    Backend(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
