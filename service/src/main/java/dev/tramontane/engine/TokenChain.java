package dev.tramontane.engine;

import java.util.Arrays;

/**
 * The blocks of one sequence: names of those that became whole, and the tokens of the one that has not yet. Of what was
 * generated it keeps no more than a block, whatever the age of a stream. Engine thread only.
 */
final class TokenChain {
    private final PromptBlocks prompt;

    /** Blocks that are named. */
    private int named;

    /** The name of all of them. */
    private BlockKey key;

    /** Generated tokens that lie in no named block. */
    private int[] tail = new int[8];

    private int tailLength;

    TokenChain(PromptBlocks prompt) {
        this.prompt = prompt;
        key = prompt.root;
    }

    private TokenChain(TokenChain other) {
        prompt = other.prompt;
        named = other.named;
        key = other.key;
        tail = other.tail.clone();
        tailLength = other.tailLength;
    }

    /** For a sequence that goes its own way from here. */
    TokenChain fork() {
        return new TokenChain(this);
    }

    PromptBlocks prompt() {
        return prompt;
    }

    int named() {
        return named;
    }

    BlockKey key() {
        return key;
    }

    /** A token was generated. */
    void append(int token) {
        if (tailLength == tail.length) {
            tail = Arrays.copyOf(tail, 2 * tailLength);
        }
        tail[tailLength++] = token;
    }

    /** So many tokens of the prompt were found, and nothing was generated yet. */
    void found(int tokens) {
        named = tokens / prompt.pageTokens;
        key = prompt.before(named);
    }

    /** The tokens from the end of the named blocks up to a position: of a block at most, and known. */
    int[] tokensTo(int end) {
        int start = named * prompt.pageTokens;
        int[] tokens = new int[end - start];
        int fromPrompt = Math.clamp(prompt.tokens.length - start, 0, tokens.length);
        System.arraycopy(prompt.tokens, Math.min(start, prompt.tokens.length), tokens, 0, fromPrompt);
        System.arraycopy(tail, 0, tokens, fromPrompt, tokens.length - fromPrompt);
        return tokens;
    }

    /** Names the next block. Its tokens are all known. */
    BlockKey nameNext() {
        int page = prompt.pageTokens;
        int end = (named + 1) * page;
        if (named < prompt.whole()) {
            key = prompt.key(named);
        } else {
            key = key.then(tokensTo(end), 0, page);
            int used = Math.min(end - prompt.tokens.length, page);
            System.arraycopy(tail, used, tail, 0, tailLength - used);
            tailLength -= used;
        }
        named++;
        return key;
    }
}
