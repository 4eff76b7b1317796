package dev.tramontane.engine;

import java.util.HashSet;
import java.util.Set;

/**
 * Blocks of prompts that a step computes: whoever needs the same waits for them instead of computing them beside. Engine
 * thread only.
 */
final class UnderWay {
    private final Set<BlockKey> blocks = new HashSet<>();

    void begin() {
        blocks.clear();
    }

    /** Whether somebody computes the block that a sequence goes on with, so that it will find it after this step or a later one. */
    boolean hasNextOf(Sequence sequence) {
        PromptBlocks prompt = sequence.request.blocks;
        if (prompt == null || blocks.isEmpty() || sequence.request.scoresPrompt()) {
            return false;
        }
        int block = sequence.computed / prompt.pageTokens;
        return block < prompt.whole() && blocks.contains(prompt.key(block));
    }

    /** A sequence computes so many rows. */
    void add(Sequence sequence, int rows) {
        PromptBlocks prompt = sequence.request.blocks;
        if (prompt == null) {
            return;
        }
        int end = Math.min(prompt.whole(), (sequence.computed + rows - 1) / prompt.pageTokens + 1);
        for (int block = sequence.computed / prompt.pageTokens; block < end; block++) {
            blocks.add(prompt.key(block));
        }
    }
}
