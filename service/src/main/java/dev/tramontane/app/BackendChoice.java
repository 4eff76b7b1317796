package dev.tramontane.app;

/** Who computes. */
enum BackendChoice {
    AUTO,
    CPU,
    REF,
    CUDA,
    EMU
}
