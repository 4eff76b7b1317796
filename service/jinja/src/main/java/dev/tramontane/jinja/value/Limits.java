package dev.tramontane.jinja.value;

import java.time.Duration;

/**
 * What one rendering may cost.
 *
 * @param steps nodes evaluated and elements touched
 * @param text characters of all strings made on the way, the output among them
 * @param string characters of one string
 * @param depth calls, blocks and expressions inside one another; also lists in lists
 * @param time on the clock
 */
public record Limits(long steps, long text, int string, int depth, Duration time) {

    /** Far above what the templates of published models need for a prompt of a million tokens. */
    public static final Limits DEFAULT = new Limits(20_000_000, 256_000_000, 16_000_000, 250, Duration.ofSeconds(10));
}
