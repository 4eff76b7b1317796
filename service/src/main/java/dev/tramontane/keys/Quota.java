package dev.tramontane.keys;

/**
 * What is left of a limit by the minute.
 *
 * @param limit a minute; 0 for none
 * @param remaining now
 * @param fullNanos until all of it is there again
 * @param nextNanos until the next is allowed; 0 when it is
 */
public record Quota(long limit, long remaining, long fullNanos, long nextNanos) {}
