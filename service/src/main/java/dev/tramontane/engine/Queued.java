package dev.tramontane.engine;

/**
 * What waits for admission.
 *
 * @param tokens of their prompts
 */
record Queued(int requests, long tokens) {}
