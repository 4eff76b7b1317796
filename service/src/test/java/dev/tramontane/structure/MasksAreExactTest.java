package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Masks along random texts against their definition: every token of the vocabulary tried by its bytes alone. The vocabulary has branches that are taken whole, where a state allows
 * plain text, runs of groups of bytes or so many characters, and tokens that are there twice.
 */
class MasksAreExactTest {
    private static final int STEPS = 14;

    static Stream<Form> forms() {
        return Stream.of(
                new Form.Regex("[a-z0-9]+(?:-[a-z0-9]+)*"),
                new Form.Regex("[a-z]{3,9}[0-9]{2}.*"),
                new Form.Regex("(?:-?[a-z0-9]){0,20}\\.[a-z]{2,}"),
                new Form.Regex("[a-f]{1,12}|[a-z]{3}-[0-9]+|[g-z]*"),
                new Form.Regex("(?:[a-c][d-z])*"),
                new Form.Regex("[^a]{5,8}b*"),
                new Form.Regex(".{4,7}z"),
                new Form.Regex("\"[^\"]{4,9}\"[a-z]"),
                schema(Map.of("type", "string", "minLength", 3L, "maxLength", 7L)),
                schema(Map.of("type", "string", "minLength", 4L)),
                schema(Map.of("type", "string", "format", "hostname")),
                schema(Map.of("type", "string", "format", "email")),
                schema(Map.of("type", "array", "items", Map.of("type", "string", "maxLength", 5L), "minItems", 2L)),
                new Form.JsonObject());
    }

    private static Form schema(Map<String, Object> schema) {
        return new Form.JsonSchema(schema, false);
    }

    @ParameterizedTest
    @MethodSource("forms")
    void everyTokenIsInTheMaskOrDoesNotFit(Form form) {
        Random random = new Random(Seeds.next());
        for (String alphabet : List.of("abcdefgz09-", "ab\"-. \u00e9\n:{}[],")) {
            TokenTree tokens = Vocabularies.random(random, alphabet, 1500);
            Structure structure = Structure.of(form, tokens, StructureLimits.DEFAULT);
            for (int walk = 0; walk < 4; walk++) {
                Matcher matcher = structure.matcher();
                for (int step = 0; step < STEPS && !matcher.isFinished(); step++) {
                    List<Integer> allowed = compare(matcher, tokens);
                    assertThat(matcher.accept(allowed.get(random.nextInt(allowed.size()))))
                            .isTrue();
                }
            }
        }
    }

    private static List<Integer> compare(Matcher matcher, TokenTree tokens) {
        long[] mask = new long[matcher.maskWords()];
        matcher.mask(mask);
        List<Integer> fits = new ArrayList<>();
        for (int id = 0; id < tokens.tokens(); id++) {
            if (matcher.accept(id)) {
                matcher.rollback(1);
                fits.add(id);
            }
        }
        assertThat(Vocabularies.members(mask)).isEqualTo(fits);
        return fits;
    }
}
