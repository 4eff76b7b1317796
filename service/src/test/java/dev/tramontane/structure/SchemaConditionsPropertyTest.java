package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Opposites, conditions, patterns of names and counted elements within each other, both ways: what is allowed is valid, and what is valid is allowed in some
 * order of its members. What can't be exact is refused, which is not most of it.
 */
class SchemaConditionsPropertyTest {
    private static final int SCHEMAS = 400;
    private static final int DOCUMENTS = 12;

    private final Random random = new Random(Seeds.next());
    private final ConditionGenerator generator = new ConditionGenerator(random);
    private final TokenTree tokens = Vocabularies.random(random, "ab\"{}[]:, 01x", 200);

    @Test
    void valuesAreTakenIfAndOnlyIfTheyAreValid() {
        int valid = 0;
        int invalid = 0;
        int refused = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            Map<String, @Nullable Object> tree = generator.schema(2);
            String schema = SchemaGenerator.json(tree);
            Structure structure = null;
            try {
                structure = Structure.of(new Form.JsonSchema(tree, false), tokens, StructureLimits.DEFAULT);
            } catch (StructureException without) {
                if (!"no text at all is allowed".equals(without.getMessage())) {
                    assertThat(without).as(schema).hasMessageContaining("support");
                    refused++;
                    continue;
                }
            }
            Judge judge = new Judge(schema);
            for (int each = 0; each < DOCUMENTS; each++) {
                Object value = generator.value(2);
                boolean right = judge.takes(SchemaGenerator.json(value));
                valid += right ? 1 : 0;
                invalid += right ? 0 : 1;
                Structure whole = structure;
                List<String> orders = texts(value);
                boolean taken = whole != null && orders.stream().anyMatch(text -> Judge.allows(whole, text));
                assertThat(taken).as("%s takes %s", schema, orders).isEqualTo(right);
            }
            String text = structure == null ? null : walk(structure);
            // The judge takes numbers that are too large for its own for none.
            if (text != null && !text.matches("(?s).*([0-9][eE]|[0-9.]{12}).*")) {
                assertThat(judge.errors(text)).as("%s of %s", text, schema).isEmpty();
            }
        }
        assertThat(valid).isGreaterThan(SCHEMAS);
        assertThat(invalid).isGreaterThan(SCHEMAS);
        assertThat(refused).isLessThan(SCHEMAS / 3);
    }

    private static List<String> texts(@Nullable Object value) {
        return value == null
                ? List.of("null")
                : ConditionGenerator.orders(value).stream()
                        .map(SchemaGenerator::json)
                        .toList();
    }

    /** Some text that the masks allow, of at most some hundred bytes; null where chance found no end. */
    private @Nullable String walk(Structure structure) {
        Matcher matcher = structure.matcher();
        List<Byte> bytes = new ArrayList<>();
        long[] mask = new long[matcher.maskWords()];
        for (int step = 0; step < 120; step++) {
            if (matcher.isComplete()) {
                byte[] text = new byte[bytes.size()];
                for (int at = 0; at < text.length; at++) {
                    text[at] = bytes.get(at);
                }
                return new String(text, StandardCharsets.UTF_8);
            }
            matcher.mask(mask);
            List<Integer> allowed = Vocabularies.members(mask);
            assertThat(allowed).isNotEmpty();
            List<Integer> closing = allowed.stream()
                    .filter(id -> id < 256 && "\"}]0al".indexOf(id) >= 0)
                    .toList();
            List<Integer> from = !closing.isEmpty() && random.nextInt(3) > 0 ? closing : allowed;
            int token = from.get(random.nextInt(from.size()));
            assertThat(matcher.accept(token)).isTrue();
            for (byte each : tokens.bytes(token)) {
                bytes.add(each);
            }
        }
        return null;
    }
}
