package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Reliability catalogue 43: each contradiction is one clear sentence. */
final class VocabularyCheckTest {

    /** A vocabulary to be spoiled. */
    private static final class Draft {
        Vocabulary.Kind kind;
        String preTokenizer;
        List<@Nullable String> pieces;
        float[] scores;
        int[] types;
        List<String> merges;
        OptionalInt bos;
        OptionalInt unknown;
        Set<Integer> eosIds;
        boolean addBos;

        Draft(Vocabulary good) {
            kind = good.kind();
            preTokenizer = good.preTokenizer();
            pieces = new ArrayList<>(good.pieces());
            scores = good.scores().clone();
            types = good.types().clone();
            merges = new ArrayList<>(good.merges());
            bos = good.bos();
            unknown = good.unknown();
            eosIds = new HashSet<>(good.eosIds());
        }

        @SuppressWarnings("NullAway") // A hole is what is tested.
        Vocabulary done() {
            List<String> withHoles = new ArrayList<>();
            pieces.forEach(withHoles::add);
            return new Vocabulary(
                    kind, preTokenizer, withHoles, scores, types, merges, bos, unknown, eosIds, addBos, true);
        }
    }

    @Test
    void byteLevel() {
        byteLevel(d -> d.pieces.set(7, null), "Token 7 has no piece: the ids of a vocabulary may have no holes.");
        byteLevel(d -> d.pieces.set(7, ""), "Token 7 has no piece: the ids of a vocabulary may have no holes.");
        byteLevel(d -> d.pieces.set(7, d.pieces.get(9)), "Tokens 7 and 9 have the same piece '\\u0109'.");
        byteLevel(d -> d.pieces.clear(), "The vocabulary has 0 tokens; between 1 and 1048576 are possible.");
        byteLevel(d -> d.types = new int[3], "The vocabulary has 263 tokens but 3 token types.");
        byteLevel(d -> d.types[4] = 7, "Token 4 has type 7; the types are 1 to 6.");
        byteLevel(d -> d.types[4] = 0, "Token 4 has type 0; the types are 1 to 6.");
        byteLevel(d -> d.merges.add("a zz"), "Merge 1 needs the piece 'zz', which is not in the vocabulary.");
        byteLevel(d -> d.merges.add("a c"), "Merge 1 needs the piece 'ac', which is not in the vocabulary.");
        byteLevel(d -> d.merges.add("a b"), "Merge 1 ('a b') is there twice.");
        byteLevel(d -> d.merges.add("ab"), "Merge 1 is 'ab' and not two pieces with a space between them.");
        byteLevel(d -> d.merges.add("a  b"), "Merge 1 is 'a  b' and not two pieces with a space between them.");
        byteLevel(d -> d.merges.add(" b"), "Merge 1 is ' b' and not two pieces with a space between them.");
        byteLevel(d -> d.types[262] = 3, "Merge 0 makes the control token 'ab': text could become a control token.");
        byteLevel(d -> d.bos = OptionalInt.of(263), "The bos token 263 is not in the vocabulary of 263 tokens.");
        byteLevel(d -> d.unknown = OptionalInt.of(-1), "The unknown token -1 is not in the vocabulary of 263 tokens.");
        byteLevel(d -> d.eosIds.add(1 << 30), "The eos token 1073741824 is not in the vocabulary of 263 tokens.");
        byteLevel(
                d -> {
                    d.bos = OptionalInt.empty();
                    d.addBos = true;
                },
                "The vocabulary asks for a bos token in front of prompts but names none.");
        byteLevel(
                d -> d.pieces.set('x', "no x"),
                "The byte-level vocabulary has no token for the byte 120 ('x'), so it cannot spell plain English.");
        byteLevel(
                d -> d.pieces.set(7, "y".repeat(20_000)),
                "Token 7 has a piece of 20000 characters; at most 16384 are possible for its type.");
        byteLevel(
                d -> d.pieces.set(257, "y".repeat(600)),
                "Token 257 has a piece of 600 characters; at most 512 are possible for its type.");
        assertThatThrownBy(() -> Tokenizers.of(Vocabularies.bytes("no\nsuch")))
                .isInstanceOf(VocabularyException.class)
                .hasMessageStartingWith("The pre-tokenizer 'no\\u000asuch' is not known; known are a.x-4.0, ")
                .hasMessageContaining("smollm");
    }

    @Test
    void sentencePiece() {
        sentencePiece(d -> d.scores = new float[2], "The vocabulary has 600 tokens but 2 scores.");
        sentencePiece(d -> d.scores[5] = Float.NaN, "Token 5 has a score that is not a number.");
        sentencePiece(d -> d.types[3] = 1, "The vocabulary has 255 byte tokens; it needs all 256 or none.");
        sentencePiece(
                d -> d.pieces.set(3, "<0x1>"),
                "Token 3 is a byte token but its piece '<0x1>' is not a new one of <0x00> to <0xFF>.");
        sentencePiece(
                d -> {
                    for (int id = 3; id < 259; id++) {
                        d.types[id] = 1;
                    }
                    d.unknown = OptionalInt.empty();
                },
                "The vocabulary has neither byte tokens nor an unknown token, so it cannot encode every text.");
        sentencePiece(
                d -> d.merges.add("a b"),
                "A SentencePiece vocabulary merges by scores, but this one has 1 merges; it may be a byte-level one.");
    }

    @Test
    void sizesAreCheckedBeforeAnythingIsCopied() {
        List<String> endless = new AbstractList<>() {
            @Override
            public String get(int index) {
                throw new AssertionError("read");
            }

            @Override
            public int size() {
                return Integer.MAX_VALUE;
            }
        };
        Vocabulary good = Vocabularies.bytes("gpt-2");
        assertThatThrownBy(() -> Tokenizers.of(new Vocabulary(
                        good.kind(),
                        "gpt-2",
                        endless,
                        good.scores(),
                        good.types(),
                        good.merges(),
                        good.bos(),
                        good.unknown(),
                        good.eosIds(),
                        false,
                        false)))
                .hasMessage("The vocabulary has 2147483647 tokens; between 1 and 1048576 are possible.");
        assertThatThrownBy(() -> Tokenizers.of(new Vocabulary(
                        good.kind(),
                        "gpt-2",
                        good.pieces(),
                        good.scores(),
                        good.types(),
                        endless,
                        good.bos(),
                        good.unknown(),
                        good.eosIds(),
                        false,
                        false)))
                .hasMessage("The vocabulary has 2147483647 merges; at most 4194304 are possible.");
    }

    @Test
    void unknownCharactersWithoutByteTokensAreOneUnknownToken() {
        Vocabulary vocabulary = Vocabularies.sentencePiece(
                List.of("<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab"),
                new float[] {0, 0, 0, -4, -3, -3, -1, -2},
                new int[] {2, 3, 3, 1, 1, 1, 1, 1},
                true);
        Tokenizer tokenizer = Tokenizers.of(vocabulary);
        assertThat(tokenizer.encode("ab")).containsExactly(7);
        assertThat(tokenizer.encode("abxyzab")).containsExactly(7, 0, 6);
        assertThat(tokenizer.encode("x y")).containsExactly(3, 0, 3, 0);
    }

    @Test
    void unusedPiecesAreDividedAgain() {
        Vocabulary vocabulary = Vocabularies.sentencePiece(
                List.of("<unk>", "<s>", "</s>", "a", "b", "ab", "abab"),
                new float[] {0, 0, 0, -4, -3, -1, -2},
                new int[] {2, 3, 3, 1, 1, TokenType.UNUSED, 1},
                false);
        Tokenizer tokenizer = Tokenizers.of(vocabulary);
        assertThat(tokenizer.encode("ab")).containsExactly(3, 4);
        assertThat(tokenizer.encode("abab")).containsExactly(6);
        assertThat(tokenizer.encode("ababab")).containsExactly(6, 3, 4);
        assertThat(tokenizer.encode("ab".repeat(101))).endsWith(6, 3, 4).hasSize(52);
    }

    private static void byteLevel(Consumer<Draft> spoil, String message) {
        refused(Vocabularies.bytes("gpt-2", "a b"), spoil, message);
    }

    private static void sentencePiece(Consumer<Draft> spoil, String message) {
        refused(Vocabularies.smallSentencePiece(true), spoil, message);
    }

    private static void refused(Vocabulary good, Consumer<Draft> spoil, String message) {
        Draft draft = new Draft(good);
        assertThat(Arrays.asList(Tokenizers.of(draft.done()).size())).isNotEmpty();
        spoil.accept(draft);
        assertThatThrownBy(() -> Tokenizers.of(draft.done()))
                .isInstanceOf(VocabularyException.class)
                .hasMessage(message);
    }
}
