package dev.tramontane.engine;

import java.security.MessageDigest;

/**
 * A prompt cut into blocks of a page's tokens, with their names. Made by the submitter, since it takes about a
 * microsecond for each block; immutable.
 */
final class PromptBlocks {
    /** The prompt's; not copied. */
    final int[] tokens;

    /** Of a block. */
    final int pageTokens;

    /** The name of what comes before the first. */
    final BlockKey root;

    /** Of the whole blocks. */
    private final BlockKey[] keys;

    /** @param root see {@link BlockKey#root} */
    PromptBlocks(int[] tokens, int pageTokens, BlockKey root) {
        this.tokens = tokens;
        this.pageTokens = pageTokens;
        this.root = root;
        keys = new BlockKey[tokens.length / pageTokens];
        MessageDigest digest = BlockKey.sha256();
        BlockKey before = root;
        for (int block = 0; block < keys.length; block++) {
            keys[block] = before.then(digest, tokens, block * pageTokens, pageTokens);
            before = keys[block];
        }
    }

    /** Whole blocks; tokens that fill no block come after them. */
    int whole() {
        return keys.length;
    }

    /** The name of all up to the end of a whole block. */
    BlockKey key(int block) {
        return keys[block];
    }

    /** The name of all before a block; there is one more than whole ones. */
    BlockKey before(int block) {
        return block == 0 ? root : keys[block - 1];
    }
}
