package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskWarmUpTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(5), "abc\"{}:, 01", 200);

    /** Each of its texts has its form to the end: a round makes masks for all of their bytes but those that share one. */
    @Test
    void makesMasksAlongWholeTexts() {
        long masks = MaskWarmUp.run(TOKENS, StructureLimits.DEFAULT);
        assertThat(masks % MaskWarmUp.ROUNDS).isZero();
        assertThat(masks / MaskWarmUp.ROUNDS).isBetween(200L, 420L);
    }

    @Test
    void stopsWhenItsThreadIsInterrupted() {
        Thread.currentThread().interrupt();
        assertThat(MaskWarmUp.run(TOKENS, StructureLimits.DEFAULT)).isZero();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aVocabularyThatCannotSpellTheTextsIsNoError() {
        TokenTree few = TokenTree.of(2, id -> new byte[] {(byte) ('a' + id)});
        assertThat(MaskWarmUp.run(few, StructureLimits.DEFAULT)).isLessThan(5L * MaskWarmUp.ROUNDS);
    }
}
