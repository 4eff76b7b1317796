package dev.tramontane.kernels;

/**
 * A number of {@code tm_sample} that shapes a draw (temperature and the like), found once by its name in tramontane.h,
 * which says what it means; see {@link StepDescriptor#number}.
 */
public final class SampleNumber {
    private final long offset;
    private final boolean whole;

    SampleNumber(long offset, boolean whole) {
        this.offset = offset;
        this.whole = whole;
    }

    long offset() {
        return offset;
    }

    boolean whole() {
        return whole;
    }
}
