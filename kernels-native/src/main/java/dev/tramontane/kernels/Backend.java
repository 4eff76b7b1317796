package dev.tramontane.kernels;

/** Who computes; the numbers are {@code TM_BACKEND_*}. */
public enum Backend {
    /** Scalar with double accumulation: the slow twin that the others are compared with. */
    REF(0),
    /** Vectorised and threaded. */
    CPU(1),
    /** A CUDA device; its cache is F16. */
    CUDA(2),
    /** The CUDA kernels on the processor, one emulated thread at a time: for tests. */
    EMU(3);

    private final int number;

    Backend(int number) {
        this.number = number;
    }

    /** Whether keys and values lie in a device's order and precision: F16 only. */
    public boolean isDevice() {
        return this == CUDA || this == EMU;
    }

    int number() {
        return number;
    }
}
