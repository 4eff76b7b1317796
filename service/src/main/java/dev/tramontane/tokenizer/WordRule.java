package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizer;

/**
 * How byte-level BPE makes tokens of words.
 *
 * @param preTokenizer cuts a text into words
 * @param ignoresMerges whether a word that is a piece of the vocabulary is that token whatever the merges say
 */
record WordRule(PreTokenizer preTokenizer, boolean ignoresMerges) {}
