package dev.tramontane.kernels;

/**
 * What the processors reached when they did nothing else, by {@code tm_measure_host}.
 *
 * @param readBytes bytes a second, read from memory by all threads together
 * @param int8Operations multiplications and additions a second in 8-bit dot products; 0 without an instruction for them
 */
public record HostCeilings(double readBytes, double int8Operations) {}
