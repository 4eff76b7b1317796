package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.tokenizer.split.PreTokenizers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of every text and of every stream of tokens. Failures print the seed. */
final class TokenizerPropertyTest {

    private static final String[] SOME_MERGES = {
        "a b",
        "b a",
        "ab ab",
        "a a",
        "aa aa",
        "aaaa aaaa",
        "Ġ a",
        "Ġa b",
        "Ġ Ġ",
        "ĠĠ ĠĠ",
        "Ã ©",
        "ð Ł",
        "ðŁ ĺ",
        "1 2",
        "' s"
    };

    static Stream<Tokenizer> tokenizers() {
        return Stream.of(
                Tokenizers.of(Vocabularies.bytes("smollm", SOME_MERGES)),
                Tokenizers.of(Vocabularies.bytes("llama-bpe", SOME_MERGES)),
                Tokenizers.of(Vocabularies.bytes("tekken", SOME_MERGES)),
                Tokenizers.of(Vocabularies.bytes("", SOME_MERGES)),
                Tokenizers.of(Vocabularies.smallSentencePiece(true)),
                Tokenizers.of(Vocabularies.smallSentencePiece(false)),
                TekkenFiles.tokenizer(),
                HuggingFaceFiles.tokenizer("llama-3"),
                HuggingFaceFiles.tokenizer("prepend"),
                HuggingFaceFiles.tokenizer("never"));
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void everyCodePointComesBack(Tokenizer tokenizer) {
        StringBuilder all = new StringBuilder();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if (c < 0xD800 || c > 0xDFFF) {
                all.appendCodePoint(c);
            }
        }
        String text = all.toString().replace('\u2581', '!');
        assertThat(tokenizer.decode(tokenizer.encode(text)).equals(text)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void randomTextsComeBackAndAreNeverControl(Tokenizer tokenizer) {
        for (long seed = 0; seed < 400; seed++) {
            String text = randomText(new SplittableRandom(seed));
            int[] ids = tokenizer.encode(text);
            assertThat(tokenizer.decode(ids)).as("seed %d", seed).isEqualTo(text);
            for (int id : ids) {
                assertThat(tokenizer.isControl(id)).as("seed %d", seed).isFalse();
            }
        }
    }

    /** Metaspace puts no space before a text that has one, and decoding takes it away all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"first", "always", "always, split", "first, split"})
    void metaspaceLosesTheSpaceThatBeginsAText(String variant) {
        Tokenizer tokenizer = HuggingFaceFiles.tokenizer(variant);
        everyCodePointComesBack(tokenizer);
        for (long seed = 0; seed < 400; seed++) {
            String text = randomText(new SplittableRandom(seed));
            int[] ids = tokenizer.encode(text);
            assertThat(tokenizer.decode(ids))
                    .as("seed %d", seed)
                    .isEqualTo(text.startsWith(" ") ? text.substring(1) : text);
            for (int id : ids) {
                assertThat(tokenizer.isControl(id)).as("seed %d", seed).isFalse();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void loneSurrogatesBecomeReplacementCharacters(Tokenizer tokenizer) {
        assertThat(tokenizer.decode(tokenizer.encode("a\uD800b\uDC00"))).isEqualTo("a\uFFFDb\uFFFD");
        assertThat(tokenizer.decode(tokenizer.encode("\uDC00\uD800"))).isEqualTo("\uFFFD\uFFFD");
        assertThat(tokenizer.decode(tokenizer.encode("\uD83D\uD83D\uDE00"))).isEqualTo("\uFFFD\uD83D\uDE00");
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void anyIdsDecodeAtOnceAsPieceByPiece(Tokenizer tokenizer) {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int[] ids = random.ints(random.nextInt(60), 0, tokenizer.size()).toArray();
            TokenDecoder decoder = tokenizer.decoder();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            StringBuilder text = new StringBuilder();
            for (int id : ids) {
                text.append(decoder.push(id));
                bytes.writeBytes(tokenizer.bytes(id));
            }
            text.append(decoder.finish());
            assertThat(text.toString()).as("seed %d", seed).isEqualTo(wholeText(bytes.toByteArray()));
        }
    }

    @Test
    void mergesAsTheNaiveTwin() {
        for (long seed = 0; seed < 300; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Vocabulary vocabulary = Vocabularies.bytes(seed % 2 == 0 ? "gpt-2" : "qwen2", randomMerges(random));
            StringBuilder text = new StringBuilder();
            // Words of up to 300 symbols take both ways of merging.
            int words = random.nextInt(1, 6);
            for (int w = 0; w < words; w++) {
                int length = random.nextInt(1, random.nextBoolean() ? 8 : 300);
                for (int i = 0; i < length; i++) {
                    text.append((char) ('a' + random.nextInt(3)));
                }
                text.append(' ');
            }
            assertThat(Tokenizers.of(vocabulary).encode(text.toString()))
                    .as("seed %d", seed)
                    .isEqualTo(new NaiveBpe(vocabulary).encode(text.toString()));
        }
    }

    private static String[] randomMerges(SplittableRandom random) {
        List<String> pieces = new ArrayList<>(List.of("a", "b", "c"));
        Set<String> made = new LinkedHashSet<>();
        Set<String> merges = new LinkedHashSet<>();
        for (int i = 0; i < 30; i++) {
            String left = pieces.get(random.nextInt(pieces.size()));
            String right = pieces.get(random.nextInt(pieces.size()));
            if (left.length() + right.length() < 24 && made.add(left + right)) {
                merges.add(left + " " + right);
                pieces.add(left + right);
            }
        }
        return merges.toArray(String[]::new);
    }

    @Test
    void anyBytesInAnyChunksDecodeAsAWhole() {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("gpt-2", "ð Ł", "ðŁ ĺ", "Ã ©", "é ĺ"));
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            TokenDecoder decoder = tokenizer.decoder();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            StringBuilder text = new StringBuilder();
            int tokens = random.nextInt(12);
            for (int i = 0; i < tokens; i++) {
                int id = hardId(random, tokenizer.size());
                bytes.writeBytes(tokenizer.bytes(id));
                String part = decoder.push(id);
                assertThat(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)))
                        .isTrue();
                text.append(part);
            }
            text.append(decoder.finish());
            assertThat(text.toString()).as("seed %d", seed).isEqualTo(wholeText(bytes.toByteArray()));
        }
    }

    /**
     * The JDK's decoding of all bytes, but for encoded surrogates (ED A0..BF): there it gives one U+FFFD for three
     * maximal subparts. ED is no part of such a sequence, so FF, which never is, stands for it.
     */
    private static String wholeText(byte[] bytes) {
        for (int i = 0; i + 1 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xED && (bytes[i + 1] & 0xE0) == 0xA0) {
                bytes[i] = (byte) 0xFF;
            }
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Mostly bytes that begin, continue and break sequences; sometimes any token. Ids of bytes are the bytes. */
    private static int hardId(SplittableRandom random, int size) {
        int[] edges = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC};
        int[] more = {0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(size);
            case 1 -> edges[random.nextInt(edges.length)];
            case 2 -> more[random.nextInt(more.length)];
            default -> random.nextInt(0x80, 0xC0);
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "qwen2", "qwen35", "tekken", "gpt-4o", "default", "falcon"})
    void wordsAreTheTextWhateverItIs(String rule) {
        for (long seed = 0; seed < 2_000; seed++) {
            String text = randomText(new SplittableRandom(seed));
            int[] at = {0};
            Objects.requireNonNull(PreTokenizers.named(rule)).split(text, 0, text.length(), (start, end) -> {
                assertThat(start).isEqualTo(at[0]);
                assertThat(end).isGreaterThan(start);
                at[0] = end;
            });
            assertThat(at[0]).as("seed %d", seed).isEqualTo(text.length());
        }
    }

    static String randomText(SplittableRandom random) {
        String[] parts = {
            "a",
            "ab",
            "B",
            "é",
            "é",
            "\u0301",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\t",
            "\u00A0",
            "\u3000",
            "1",
            "12345",
            "٣",
            "½",
            "'s",
            "'S",
            "'re",
            "'",
            "\u017F",
            "!",
            "?!",
            "/",
            "中",
            "の",
            "한",
            "😀",
            "👩‍👩",
            "𐀀",
            "<|im_end|>",
            "<|",
            "|>",
            "[INST]",
            "</s>",
            "\u0000",
            "\uFFFF",
            "\u202E",
            "the",
            "The",
            "THE",
            "$",
            "+",
            "`"
        };
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(30);
        for (int i = 0; i < length; i++) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }
}
