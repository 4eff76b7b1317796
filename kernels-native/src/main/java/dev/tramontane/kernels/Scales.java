package dev.tramontane.kernels;

/** What the scales of {@link DType#F8_E4M3} elements may be. */
final class Scales {
    private Scales() {}

    /**
     * None, or with F8_E4M3 one for all rows or one a row.
     *
     * @throws IllegalArgumentException when they are anything else
     */
    static void check(DType type, long rows, float[] scales) {
        if (scales.length > 0 && type != DType.F8_E4M3) {
            throw new IllegalArgumentException(type + " has no scales, got " + scales.length);
        }
        if (scales.length > 1 && scales.length != rows) {
            throw new IllegalArgumentException(
                    "expected no scale, one, or one for each of " + rows + " rows, got " + scales.length);
        }
    }
}
