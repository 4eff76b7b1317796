package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.tokenizer.PromptText.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Of every kind of vocabulary: how few tokens a text can have is never overestimated, and no encoding goes past its limit. */
final class EncodingLimitTest {
    private static final String[] MERGES = {"a b", "a a", "aa aa", "aaaa aaaa", "Ġ Ġ", "Ã ©", "1 2"};

    /** What some vocabularies leave out, take along or put together in one token. */
    private static final String[] UNITS = {
        "a",
        " ",
        "  ",
        "\n",
        "\t",
        "\u0001",
        "\u0007",
        "\u2581",
        "\u3000",
        "中",
        "é",
        "😀",
        "\uD83D",
        "<mask> ",
        " <mask>",
        "<|im_end|>",
        "[INST]",
        "</s>",
        "<unk>",
        "q",
        "1"
    };

    static Stream<Named<Tokenizer>> tokenizers() {
        List<Named<Tokenizer>> all = new ArrayList<>();
        for (String name : HuggingFaceFiles.names()) {
            all.add(Named.of("tokenizer.json, " + name, HuggingFaceFiles.tokenizer(name)));
        }
        for (String rule : List.of("smollm", "llama-bpe", "tekken", "default")) {
            all.add(Named.of(rule, Tokenizers.of(Vocabularies.bytes(rule, MERGES))));
        }
        all.add(Named.of("bytes that have no token", Tokenizers.of(withoutSomeBytes())));
        all.add(Named.of("tekken.json", TekkenFiles.tokenizer()));
        Vocabulary small = Vocabularies.smallSentencePiece(true);
        for (boolean collapse : new boolean[] {false, true}) {
            for (boolean escape : new boolean[] {false, true}) {
                byte[] file = SentencePieceModels.file(small, true, collapse, escape);
                all.add(Named.of(
                        "SentencePiece, collapse " + collapse + ", escape " + escape,
                        Tokenizers.ofSentencePiece(file)));
            }
        }
        all.add(Named.of("no byte tokens", Tokenizers.of(withoutByteTokens(small))));
        return all.stream();
    }

    /** SmolLM2's lacks some, too. */
    private static Vocabulary withoutSomeBytes() {
        Vocabulary all = Vocabularies.bytes("smollm", MERGES);
        int[] types = all.types().clone();
        for (int b : new int[] {0x01, 0x07, 0xF0, 0xE4, 0xB8}) {
            types[b] = TokenType.UNUSED;
        }
        return new Vocabulary(
                all.kind(),
                all.preTokenizer(),
                all.pieces(),
                all.scores(),
                types,
                all.merges(),
                all.bos(),
                all.unknown(),
                all.eosIds(),
                false,
                false);
    }

    /** What is no piece becomes one unknown token, however long it is. */
    private static Vocabulary withoutByteTokens(Vocabulary small) {
        List<String> pieces = new ArrayList<>();
        List<Integer> from = new ArrayList<>();
        for (int id = 0; id < small.pieces().size(); id++) {
            if (small.types()[id] != TokenType.BYTE) {
                pieces.add(small.pieces().get(id));
                from.add(id);
            }
        }
        float[] scores = new float[from.size()];
        int[] types = new int[from.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = small.scores()[from.get(i)];
            types[i] = small.types()[from.get(i)];
        }
        return new Vocabulary(
                small.kind(),
                "",
                pieces,
                scores,
                types,
                List.of(),
                OptionalInt.of(1),
                OptionalInt.of(0),
                Set.of(2),
                true,
                true);
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void noTextHasFewerTokensThanSaid(Tokenizer tokenizer) {
        for (String unit : UNITS) {
            check(tokenizer, new PromptText(List.of(new Part(unit.repeat(300), false))));
            check(tokenizer, new PromptText(List.of(new Part(unit.repeat(300), true))));
        }
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            List<Part> parts = new ArrayList<>();
            int count = random.nextInt(1, 5);
            for (int i = 0; i < count; i++) {
                StringBuilder text = new StringBuilder(TokenizerPropertyTest.randomText(random));
                for (int j = random.nextInt(6); j > 0; j--) {
                    text.append(UNITS[random.nextInt(UNITS.length)].repeat(random.nextInt(1, 40)));
                }
                parts.add(new Part(text.toString(), random.nextBoolean()));
            }
            check(tokenizer, new PromptText(parts));
        }
    }

    private static void check(Tokenizer tokenizer, PromptText prompt) {
        int[] ids = tokenizer.encode(prompt);
        assertThat(tokenizer.leastTokens(prompt)).as("%s", prompt).isLessThanOrEqualTo(ids.length);
        assertThat(tokenizer.encode(prompt, new EncodingLimit(ids.length, () -> false)))
                .isEqualTo(ids);
        if (ids.length > 0) {
            assertThatThrownBy(() -> tokenizer.encode(prompt, new EncodingLimit(ids.length - 1, () -> false)))
                    .isInstanceOf(TooManyTokensException.class);
        }
    }

    /** The bound is as good as one from lengths can be: the longest token, over and over, has just that many. */
    @Test
    void theLongestTokenOverAndOverIsCountedExactly() {
        Tokenizer tokenizer =
                Tokenizers.of(Vocabularies.bytes("smollm", "a a", "aa aa", "aaaa aaaa", "aaaaaaaa aaaaaaaa"));
        PromptText prompt = PromptText.of("a".repeat(16 * 100));
        assertThat(tokenizer.leastTokens(prompt)).isEqualTo(100);
        assertThat(tokenizer.encode(prompt)).hasSize(100);
        assertThat(tokenizer.leastTokens(PromptText.of("é中😀".repeat(16)))).isEqualTo(9);
    }

    /** Eight million letters against a context of 8192: nothing is encoded, so nobody is asked whether it is still wanted. */
    @ParameterizedTest
    @MethodSource("tokenizers")
    void whatCannotFitIsNotEncoded(Tokenizer tokenizer) {
        int[] looks = {0};
        EncodingLimit limit = new EncodingLimit(8192, () -> {
            looks[0]++;
            return false;
        });
        for (String text : List.of("a".repeat(8 << 20), "ab ".repeat(8 << 18), "12 12".repeat(8 << 18))) {
            assertThatThrownBy(() -> tokenizer.encode(PromptText.of(text), limit))
                    .isInstanceOf(TooManyTokensException.class);
            assertThat(looks[0]).as("looks on the way").isZero();
        }
    }

    /** Short words by the million stop at the limit, not at the end. */
    @ParameterizedTest
    @MethodSource("tokenizers")
    void encodingStopsAtTheLimit(Tokenizer tokenizer) {
        String text = "q1 ".repeat(100);
        int most = 20;
        int[] words = {0};
        assertThatThrownBy(() -> tokenizer.encode(PromptText.of(text), new EncodingLimit(most, () -> {
                    words[0]++;
                    return false;
                })))
                .isInstanceOf(TooManyTokensException.class);
        assertThat(words[0]).as("words looked at").isLessThanOrEqualTo(most + 1);
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void aCancelledEncodingStopsBetweenWords(Tokenizer tokenizer) {
        int[] looks = {0};
        EncodingLimit limit = new EncodingLimit(Integer.MAX_VALUE, () -> ++looks[0] >= 3);
        assertThatThrownBy(() -> tokenizer.encode(PromptText.of("q1 ".repeat(1000)), limit))
                .isInstanceOf(CancellationException.class);
        assertThat(looks[0]).isEqualTo(3);
    }

    @Test
    void aCancelledEncodingStopsInsideAWordWithoutEnd() {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("smollm", MERGES));
        int[] looks = {0};
        EncodingLimit limit = new EncodingLimit(Integer.MAX_VALUE, () -> ++looks[0] >= 3);
        assertThatThrownBy(() -> tokenizer.encode(PromptText.of("a".repeat(1 << 20)), limit))
                .isInstanceOf(CancellationException.class);
        assertThat(looks[0]).isEqualTo(3);
    }
}
