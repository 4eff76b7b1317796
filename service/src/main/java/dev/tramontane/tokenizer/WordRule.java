package dev.tramontane.tokenizer;

import dev.tramontane.tokenizer.split.PreTokenizer;
import java.util.OptionalInt;

/**
 * How byte-level BPE makes tokens of words.
 *
 * @param preTokenizer cuts a text into words
 * @param ignoresMerges whether a word that is a piece of the vocabulary is that token whatever the merges say
 * @param unknown the token of a byte for which the vocabulary has none; where it is empty such a byte is left out
 * @param fusesUnknown whether a run of such bytes in a word is one unknown token
 */
record WordRule(PreTokenizer preTokenizer, boolean ignoresMerges, OptionalInt unknown, boolean fusesUnknown) {
    WordRule(PreTokenizer preTokenizer, boolean ignoresMerges) {
        this(preTokenizer, ignoresMerges, OptionalInt.empty(), false);
    }
}
