package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Seeds;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Generated schemas, both ways: what masks allow is valid, and what is valid is allowed. Another validator is the judge. */
class SchemaPropertyTest {
    private static final int SCHEMAS = 250;
    private static final int WALK = 400;

    private final Random random = new Random(Seeds.next());
    private final SchemaGenerator generator = new SchemaGenerator(random);
    private final TokenTree tokens = Vocabularies.random(random, "ab\"{}[]:, 01\\n\u00e9", 300);
    private final int end = tokens.tokens() - 1;

    @Test
    void documentsAreTakenIfAndOnlyIfTheyAreValid() {
        int valid = 0;
        int invalid = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            Map<String, @Nullable Object> tree = generator.root(3);
            Structure structure = compiled(tree);
            Judge judge = new Judge(SchemaGenerator.json(tree));
            for (int each = 0; each < 12; each++) {
                String document = generator.print(generator.value(tree));
                boolean right = judge.takes(document);
                valid += right ? 1 : 0;
                invalid += right ? 0 : 1;
                assertThat(structure != null && Judge.allows(structure, document))
                        .as("%s takes %s", SchemaGenerator.json(tree), document)
                        .isEqualTo(right);
            }
        }
        assertThat(valid).isGreaterThan(SCHEMAS);
        assertThat(invalid).isGreaterThan(SCHEMAS);
    }

    @Test
    void whatMasksAllowIsValidAndNoMaskIsEmpty() throws CharacterCodingException {
        int finished = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            Map<String, @Nullable Object> tree = generator.root(3);
            Structure structure = compiled(tree);
            if (structure == null) {
                continue;
            }
            String text = walk(structure);
            if (text != null) {
                finished++;
                assertThat(new Judge(SchemaGenerator.json(tree)).errors(text))
                        .as("%s of %s", text, SchemaGenerator.json(tree))
                        .isEmpty();
            }
        }
        assertThat(finished).isGreaterThan(SCHEMAS / 3);
    }

    /** Null where no text at all is allowed. */
    private @Nullable Structure compiled(Map<String, @Nullable Object> tree) {
        try {
            return Structure.of(new Form.JsonSchema(tree, false), tokens, StructureLimits.DEFAULT);
        } catch (StructureException refused) {
            assertThat(refused).hasMessage("no text at all is allowed");
            return null;
        }
    }

    /** Draws among what a mask allows, closing what is open more often than not; null where that has no end. */
    private @Nullable String walk(Structure structure) throws CharacterCodingException {
        Matcher matcher = structure.matcher(end);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        long[] mask = new long[structure.maskWords()];
        for (int step = 0; step < WALK; step++) {
            matcher.mask(mask);
            List<Integer> allowed = Vocabularies.members(mask);
            assertThat(allowed).as("after %s", text).isNotEmpty();
            assertThat(Vocabularies.has(mask, end)).isEqualTo(matcher.isComplete());
            if (matcher.isComplete()) {
                return StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(text.toByteArray()))
                        .toString();
            }
            List<Integer> closing = allowed.stream()
                    .filter(id -> id == '"' || id == '}' || id == ']' || id == '0')
                    .toList();
            List<Integer> from = !closing.isEmpty() && random.nextInt(3) > 0 ? closing : allowed;
            int token = from.get(random.nextInt(from.size()));
            assertThat(matcher.accept(token)).isTrue();
            text.writeBytes(tokens.bytes(token));
            int other = random.nextInt(tokens.tokens());
            matcher.mask(mask);
            boolean said = Vocabularies.has(mask, other);
            boolean taken = matcher.accept(other);
            assertThat(said).as("token %d after %s", other, text).isEqualTo(taken);
            matcher.rollback(taken ? 1 : 0);
        }
        return null;
    }
}
