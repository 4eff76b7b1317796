package dev.tramontane.engine;

/**
 * How many prompt rows a step may compute, so that it ends in time: whoever arrives or leaves is heard after the step that is
 * under way, and whoever decodes gets a token from each. Foretold by a line through the measured times of steps, {@code
 * base + row * rows}. Immutable; the same measurements give the same budget.
 *
 * @param stepNanos how long a step should take at most; 0 for as long as it may take
 * @param baseNanos measured, of a step whatever its rows
 * @param rowNanos measured, of each row; 0 while nothing is known
 */
record RowBudget(long stepNanos, double baseNanos, double rowNanos) {

    /**
     * Prompt rows that a step computes at least where nobody decodes, however slow the machine, and while nothing is known
     * of it: fewer at a time would cost more than a tenth of the speed.
     */
    static final int LEAST_ROWS = 32;

    /** Prompt rows that a step computes at least beside decodes: prompts must move. */
    static final int LEAST_ROWS_BESIDE = 8;

    /**
     * Prompt rows of somebody who asks now and then, beside so many decoding sequences of others: what the step's time
     * allows, as if nobody decoded. It is for some steps only, see {@link FairRows}.
     */
    int promptRowsAhead(int decodes) {
        return rowNanos == 0 ? promptRows(0, 1) : rows(stepNanos - baseNanos - decodes * rowNanos, LEAST_ROWS);
    }

    /**
     * Prompt rows beside so many decoding sequences. Where nobody decodes, what the step's time allows. Else no more time
     * than the decodes take themselves, so that a prompt makes them wait twice as long for a token, not twenty times; or
     * more where several prompts wait, half as many as decode, since all are better off when those get to decode, too: small
     * steps in front of many prompts would pay a step's base too often.
     *
     * @param decodes sequences with a row each in the step
     * @param prompts sequences whose prompts wait, at least 1
     */
    int promptRows(int decodes, int prompts) {
        if (stepNanos == 0) {
            return Integer.MAX_VALUE;
        }
        if (rowNanos == 0) {
            return LEAST_ROWS;
        }
        double decoding = baseNanos + decodes * rowNanos;
        double nanos = stepNanos - decoding;
        int least = LEAST_ROWS;
        if (decodes > 0) {
            double outnumbered = Math.max(1, 2.0 * (prompts - 1) / decodes);
            nanos = Math.min(nanos, decoding * outnumbered * outnumbered);
            least = LEAST_ROWS_BESIDE;
        }
        return rows(nanos, least);
    }

    private int rows(double nanos, int least) {
        return stepNanos == 0 ? Integer.MAX_VALUE : (int) Math.clamp(nanos / rowNanos, least, Integer.MAX_VALUE);
    }
}
