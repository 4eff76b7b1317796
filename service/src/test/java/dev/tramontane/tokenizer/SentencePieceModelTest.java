package dev.tramontane.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Oracle;
import java.io.IOException;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Model files of SentencePiece are read as the library reads them, and bad ones are refused in one sentence. */
final class SentencePieceModelTest {
    private static final Vocabulary SMALL = Vocabularies.smallSentencePiece(true);
    private static final ProtobufWriter IDENTITY = SentencePieceModels.normalizer(true, false, true);

    @Test
    void everyRuleForSpacesAsTheLibrary() {
        JsonNode rules = Oracle.read("spm-tokenizer").get("spaces");
        assertThat(rules.size()).isEqualTo(8);
        for (JsonNode rule : rules) {
            boolean prefix = rule.get("prefix").asBoolean();
            boolean collapse = rule.get("collapse").asBoolean();
            boolean escape = rule.get("escape").asBoolean();
            Tokenizer tokenizer = Tokenizers.ofSentencePiece(SentencePieceModels.file(SMALL, prefix, collapse, escape));
            for (JsonNode test : rule.get("cases")) {
                String text = test.get("text").asString();
                assertThat(tokenizer.encode(text))
                        .as("prefix %s, collapse %s, escape %s: '%s'", prefix, collapse, escape, text)
                        .isEqualTo(Oracle.ints(test.get("ids")));
            }
        }
    }

    @Test
    void controlTokensOfMistral() throws IOException {
        Tokenizer v1 = mistral("tokenizer.model.v1");
        assertThat(v1.size()).isEqualTo(32_000);
        assertThat(v1.controlId("[INST]")).isEmpty();
        Tokenizer v3 = mistral("mistral_instruct_tokenizer_240323.model.v3");
        assertThat(v3.size()).isEqualTo(32_768);
        assertThat(v3.bos()).hasValue(1);
        assertThat(v3.addsBos()).isTrue();
        assertThat(v3.controlId("<s>")).hasValue(1);
        assertThat(v3.controlId("</s>")).hasValue(2);
        assertThat(IntStream.range(0, v3.size()).filter(v3::endsGeneration)).containsExactly(2);
        assertThat(v3.controlId("[INST]")).hasValue(3);
        assertThat(v3.controlId("[/TOOL_RESULTS]")).hasValue(9);
        assertThat(v3.encode("[INST]")).doesNotContain(3);
        Tokenizer v7 = mistral("mistral_instruct_tokenizer_241114.model.v7");
        assertThat(v7.controlId("[SYSTEM_PROMPT]")).hasValue(16);
    }

    private static Tokenizer mistral(String file) throws IOException {
        return Tokenizers.ofSentencePiece(Fetched.mistralTokenizerBytes(file));
    }

    @Test
    void bosMayBeSpelledOtherwiseOrMissing() {
        byte[] renamed = SentencePieceModels.pieces(SMALL, true)
                .message(2, SentencePieceModels.trainer(SentencePieceModels.BPE).string(46, "</s>"))
                .message(3, IDENTITY)
                .done();
        assertThat(Tokenizers.ofSentencePiece(renamed).bos()).hasValue(2);
        byte[] without = SentencePieceModels.pieces(SMALL, true)
                .message(2, SentencePieceModels.trainer(SentencePieceModels.BPE).string(46, "<none>"))
                .message(3, IDENTITY)
                .done();
        assertThat(Tokenizers.ofSentencePiece(without).bos()).isEmpty();
        assertThat(Tokenizers.ofSentencePiece(without).addsBos()).isFalse();
    }

    @Test
    void unknownFieldsArePassedOver() {
        byte[] good = SentencePieceModels.pieces(SMALL, true)
                .varint(200, -1)
                .float32(201, 1)
                .string(202, "an extension")
                .message(2, SentencePieceModels.trainer(SentencePieceModels.BPE).string(1, "input"))
                .message(3, IDENTITY)
                .done();
        assertThat(Tokenizers.ofSentencePiece(good).encode("the house"))
                .isEqualTo(Tokenizers.of(SMALL).encode("the house"));
    }

    @Test
    void otherKindsAreRefusedByName() {
        refused(model(1, IDENTITY), "The SentencePiece model is of the kind unigram; only BPE is supported.");
        refused(model(3, IDENTITY), "The SentencePiece model is of the kind word; only BPE is supported.");
        refused(model(99, IDENTITY), "The SentencePiece model is of the kind 99; only BPE is supported.");
        // Without trainer_spec the kind is the format's default.
        refused(
                SentencePieceModels.pieces(SMALL, true).message(3, IDENTITY),
                "The SentencePiece model is of the kind unigram; only BPE is supported.");
        refused(
                model(2, new ProtobufWriter().string(1, "nmt_nfkc").bytes(2, new byte[] {1, 2, 3})),
                "The SentencePiece model changes characters before encoding (normalizer 'nmt_nfkc'); "
                        + "only 'identity' is supported.");
        refused(
                model(2, IDENTITY).message(5, new ProtobufWriter().bytes(2, new byte[3])),
                "The SentencePiece model changes characters after decoding (denormalizer_spec has a "
                        + "precompiled_charsmap), which is not supported.");
        refused(
                SentencePieceModels.pieces(SMALL, true)
                        .message(2, SentencePieceModels.trainer(2).varint(24, 1))
                        .message(3, IDENTITY),
                "The SentencePiece model puts spaces behind words (treat_whitespace_as_suffix), "
                        + "which is not supported.");
    }

    @Test
    void contradictionsAreRefused() {
        refused(
                SentencePieceModels.pieces(SMALL, true)
                        .message(2, new ProtobufWriter().varint(3, 2))
                        .message(3, IDENTITY),
                "Token 3 is a byte token, but the SentencePiece model says it has no byte_fallback.");
        refused(
                model(2, SentencePieceModels.normalizer(true, true, true)).message(1, piece("[REF]", -1, 4)),
                "Token 600 ('[REF]') is user-defined in a SentencePiece model with remove_extra_whitespaces; "
                        + "the two are not supported together.");
        refused(
                model(2, IDENTITY).message(1, piece("another", -1, 2)),
                "The SentencePiece model has 2 unknown tokens; it must have one.");
        refused(model(2, IDENTITY).message(1, piece("x", 0, 7)), "Token 600 has type 7; the types are 1 to 6.");
        refused(
                model(2, IDENTITY).message(1, piece("\u2581the", 0, 1)),
                "Tokens 263 and 600 have the same piece '\\u2581the'.");
        refused(
                model(2, IDENTITY).message(1, piece("", 0, 1)),
                "Token 600 has no piece: the ids of a vocabulary may have no holes.");
        refused(
                model(2, IDENTITY).message(1, piece("new", Float.NaN, 1)),
                "Token 600 has a score that is not a number.");
    }

    @Test
    void damagedFilesAreRefused() {
        damaged("", "The SentencePiece model is of the kind unigram; only BPE is supported.");
        damaged("0A", "The SentencePiece model ends at byte 1 in the middle of a value.");
        damaged("4880", "The SentencePiece model ends at byte 2 in the middle of a value.");
        damaged("4D0000", "The SentencePiece model ends at byte 3 in the middle of a value.");
        damaged("49000000", "The SentencePiece model ends at byte 4 in the middle of a value.");
        damaged(
                "00",
                "The SentencePiece model has a field of number 0 at byte 0, which protocol buffers don't allow: "
                        + "the file is damaged or something else.");
        damaged(
                "FFFFFFFF7F",
                "The SentencePiece model has a field of number 4294967295 at byte 0, which protocol buffers don't"
                        + " allow: the file is damaged or something else.");
        damaged("0A05", "Field 1 of the SentencePiece model at byte 1 has 5 bytes, but only 0 are left.");
        damaged(
                "0AFFFFFFFFFFFFFFFFFF01",
                "Field 1 of the SentencePiece model at byte 1 has 18446744073709551615 bytes, but only 0 are left.");
        damaged("48FFFFFFFFFFFFFFFFFFFF01", "The SentencePiece model has a number of more than 10 bytes at byte 1.");
        damaged("0801", "Field 1 of the SentencePiece model at byte 0 has wire type 0 where it must have 2.");
        damaged("0A0208", "Field 1 of the SentencePiece model at byte 1 has 2 bytes, but only 1 are left.");
        damaged("0A03150000", "Piece 0 of the SentencePiece model ends at byte 5 in the middle of a value.");
        damaged(
                "0A021000",
                "Field 2 of piece 0 of the SentencePiece model at byte 2 has wire type 0 where it must have 5.");
        damaged("0A030A01C0", "Piece 0 of the SentencePiece model has text at byte 4 that is not UTF-8.");
        damaged(
                "12021D00",
                "Field 3 of the trainer_spec of the SentencePiece model at byte 2 has wire type 5 where it must have"
                        + " 0.");
        // A JSON file.
        damaged(
                "7B226B6579",
                "The SentencePiece model has a field of wire type 3 at byte 0; 0, 1, 2 and 5 are possible: "
                        + "the file is damaged or something else.");
    }

    private static void damaged(String hex, String message) {
        refused(HexFormat.of().parseHex(hex), message);
    }

    private static ProtobufWriter model(int type, ProtobufWriter normalizer) {
        return SentencePieceModels.pieces(SMALL, true)
                .message(2, SentencePieceModels.trainer(type))
                .message(3, normalizer);
    }

    private static ProtobufWriter piece(String piece, float score, int type) {
        return new ProtobufWriter().string(1, piece).float32(2, score).varint(3, type);
    }

    private static void refused(ProtobufWriter file, String message) {
        refused(file.done(), message);
    }

    private static void refused(byte[] file, String message) {
        assertThatThrownBy(() -> Tokenizers.ofSentencePiece(file))
                .isInstanceOf(VocabularyException.class)
                .hasMessage(message);
    }
}
