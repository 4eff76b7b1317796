package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reliability catalogue 63: long texts of every shape take linear time (a quadratic pass would take hours). */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class HostileTextTest {
    private static final int MANY = 1_000_000;

    static Stream<Tokenizer> tokenizers() {
        String[] merges = {"a a", "aa aa", "aaaa aaaa", "a b", "b a", "Ġ Ġ", "ĠĠ ĠĠ", "1 1", "! !"};
        return Stream.of(
                Tokenizers.of(Vocabularies.bytes("smollm", merges)),
                Tokenizers.of(Vocabularies.bytes("llama-bpe", merges)),
                Tokenizers.of(Vocabularies.bytes("tekken", merges)),
                Tokenizers.of(Vocabularies.bytes("default", merges)),
                Tokenizers.of(Vocabularies.smallSentencePiece(true)));
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void longRepetitions(Tokenizer tokenizer) {
        comesBack(tokenizer, "a".repeat(MANY));
        comesBack(tokenizer, "ab".repeat(MANY / 2));
        comesBack(tokenizer, " ".repeat(MANY));
        comesBack(tokenizer, "\n".repeat(MANY));
        comesBack(tokenizer, " \n".repeat(MANY / 2));
        comesBack(tokenizer, "1".repeat(MANY));
        comesBack(tokenizer, "!".repeat(MANY));
        comesBack(tokenizer, "'".repeat(MANY));
        comesBack(tokenizer, "中A".repeat(MANY / 2));
        comesBack(tokenizer, "中" + "A".repeat(MANY));
        comesBack(tokenizer, "<|im_".repeat(MANY / 5));
        comesBack(tokenizer, "<".repeat(MANY));
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void combiningMarks(Tokenizer tokenizer) {
        comesBack(tokenizer, "e" + "\u0301".repeat(100_000));
        comesBack(tokenizer, "\u0301A".repeat(100_000));
        comesBack(tokenizer, "👩‍".repeat(100_000));
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void manyKinds(Tokenizer tokenizer) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < MANY; i++) {
            text.append((char) ('!' + i * 31 % 94));
        }
        comesBack(tokenizer, text.toString());
    }

    private static void comesBack(Tokenizer tokenizer, String text) {
        assertThat(tokenizer.decode(tokenizer.encode(text)).equals(text)).isTrue();
    }
}
