package dev.tramontane.engine;

/**
 * The beginning of a prompt, found computed. The pages are the cache's until somebody takes them over, before anything
 * else is done with it.
 *
 * @param tokens how much of the prompt
 * @param firstBlocks of each group, the first block of which there is a page
 * @param pages [group][block - first block]: what a query after the tokens sees, to the last block that has any of them
 */
record PrefixHit(int tokens, int[] firstBlocks, int[][] pages) {}
