package dev.tramontane.loadtest.measure;

import org.HdrHistogram.Histogram;

/**
 * Durations of one kind: quantiles to three digits by HdrHistogram, sum and count exactly. Not safe for several threads.
 */
public final class Times {
    private static final int DIGITS = 3;
    private static final double MICROS = 1e3;
    private static final double NANOS = 1e9;

    private final Histogram micros;
    private double seconds;

    public Times() {
        this(new Histogram(DIGITS), 0);
    }

    private Times(Histogram micros, double seconds) {
        this.micros = micros;
        this.seconds = seconds;
    }

    void add(long nanos) {
        micros.recordValue(Math.max(0, Math.round(nanos / MICROS)));
        seconds += nanos / NANOS;
    }

    public long count() {
        return micros.getTotalCount();
    }

    /** In seconds, exactly. */
    public double sum() {
        return seconds;
    }

    /** In seconds; 0 without any. */
    public double mean() {
        return count() == 0 ? 0 : seconds / count();
    }

    /** In seconds; 0 without any. */
    public double at(double percent) {
        return count() == 0 ? 0 : micros.getValueAtPercentile(percent) / 1e6;
    }

    /** In seconds. */
    public double longest() {
        return micros.getMaxValue() / 1e6;
    }

    public Times copy() {
        return new Times(micros.copy(), seconds);
    }

    /**
     * What a reader who had come every {@code interval} seconds would have seen of times in which nobody came, since each
     * user waited for his answer: HdrHistogram's correction for coordinated omission.
     */
    Times corrected(double interval) {
        Times corrected = new Times();
        corrected.micros.add(micros.copyCorrectedForCoordinatedOmission(Math.max(1, Math.round(interval * 1e6))));
        corrected.seconds = corrected.micros.getMean() * corrected.micros.getTotalCount() / 1e6;
        return corrected;
    }
}
