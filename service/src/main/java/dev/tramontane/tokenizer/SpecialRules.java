package dev.tramontane.tokenizer;

import java.util.BitSet;

/**
 * How special tokens are found in a text, where a vocabulary says more than their spelling: the fields of added tokens in
 * tokenizer.json.
 *
 * @param stripsLeft ids that take the white space before them with them ({@code lstrip})
 * @param stripsRight ids that take the white space after them ({@code rstrip})
 * @param normalized ids that are looked for after the others, in the normalized text ({@code normalized})
 */
record SpecialRules(BitSet stripsLeft, BitSet stripsRight, BitSet normalized) {
    SpecialRules() {
        this(new BitSet(), new BitSet(), new BitSet());
    }
}
