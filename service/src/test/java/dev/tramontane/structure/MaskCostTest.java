package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What masks take, counted: moves and nodes of the vocabulary, as {@link Matcher#mask(long[], int)} says them. */
class MaskCostTest {
    private static TokenTree tokens(List<String> pieces) {
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        pieces.forEach(piece -> tokens.add(piece.getBytes(StandardCharsets.UTF_8)));
        return TokenTree.of(tokens.size(), tokens::get);
    }

    /** Plain tokens are long, others short: only the latter have to be looked at, so what is beyond their length has one mask. */
    @Test
    void countsThatOnlyPlainTokensTellApartShareAMask() {
        List<String> pieces = new ArrayList<>(List.of("\",", "a\"", "\\n", "ab\","));
        for (int length = 2; length < 60; length++) {
            pieces.add("a".repeat(length));
        }
        TokenTree tokens = tokens(pieces);
        Structure structure = Structure.of(
                new Form.JsonSchema(Map.of("type", "string", "minLength", 30L, "maxLength", 50L), false),
                tokens,
                StructureLimits.DEFAULT);
        Matcher matcher = structure.matcher();
        assertThat(matcher.accept('"')).isTrue();
        long[] mask = new long[matcher.maskWords()];
        for (int taken = 0; taken < 50; taken++) {
            matcher.mask(mask);
            for (int id = 0; id < tokens.tokens(); id++) {
                boolean fits = matcher.accept(id);
                assertThat(Vocabularies.has(mask, id))
                        .as("%s after %d characters", new String(tokens.bytes(id), StandardCharsets.UTF_8), taken)
                        .isEqualTo(fits);
                matcher.rollback(fits ? 1 : 0);
            }
            assertThat(matcher.accept('a')).isTrue();
        }
        assertThat(structure.masksMade())
                .as("of fifty counts, those near the least and the greatest length")
                .isLessThan(16);
    }

    /** Names of properties tell letters apart, the pattern behind them doesn't: branches of letters are taken whole, and each way is found out once for all. */
    @Test
    void lettersThatLeadToOnePlaceAreTakenTogether() {
        Random random = new Random(4);
        List<String> pieces = new ArrayList<>();
        for (int piece = 0; piece < 20_000; piece++) {
            StringBuilder text = new StringBuilder();
            for (int length = 2 + random.nextInt(5); length > 0; length--) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            pieces.add(text.toString());
        }
        TokenTree tokens = tokens(pieces);
        Structure structure = Structure.of(
                new Form.JsonSchema(
                        Map.of(
                                "type",
                                "object",
                                "properties",
                                Map.of(
                                        "abcdefghijklmnopqrstuvwxyz",
                                        Map.of("type", "string", "pattern", "^[a-z]{1,90}$")),
                                "additionalProperties",
                                false),
                        false),
                tokens,
                StructureLimits.DEFAULT);
        Matcher matcher = structure.matcher();
        for (byte each : "{\"abcdefghijklmnopqrstuvwxyz\":\"".getBytes(StandardCharsets.UTF_8)) {
            assertThat(matcher.accept(each)).isTrue();
        }
        long[] mask = new long[matcher.maskWords()];
        int work = matcher.mask(mask, Integer.MAX_VALUE);
        assertThat(Vocabularies.members(mask)).hasSize(20_000 + 26);
        assertThat(work).as("of a tree of %d nodes", tokens.size()).isLessThan(600);
    }
}
