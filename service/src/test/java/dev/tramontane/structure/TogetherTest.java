package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Many things, each of which is below every limit: together they cost what one may. The time is a guard against hanging, not a measure. */
class TogetherTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(3), "ab\"{}[]:, 0", 300);

    private static Form tool(int number) {
        return new Form.Labelled(
                "the tool t" + number,
                new Form.JsonSchema(
                        Map.of("type", "string", "pattern", "^(a|b)*a(a|b){30}" + number + "$", "maxLength", 400L),
                        false));
    }

    private static int firstRefused(Structures structures) {
        Together together = structures.together();
        for (int number = 0; number < 1000; number++) {
            Form form = tool(number);
            try {
                together.structure(form);
            } catch (StructureException refused) {
                assertThat(refused)
                        .hasMessageStartingWith(
                                "the tool t" + number + ": together with what stands before it, it takes more than ");
                return number;
            }
        }
        throw new AssertionError("none was refused");
    }

    @Test
    @Timeout(300)
    void theFormsOfOneRequestShareTheLimitsOfOneWhetherTheyAreKnownOrNot() {
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, 256 << 20);
        int refused = firstRefused(structures);
        assertThat(refused).isBetween(2, 100);
        long compiled = structures.compiled();
        assertThat(firstRefused(structures)).isEqualTo(refused);
        assertThat(structures.compiled()).as("all of them were known").isEqualTo(compiled);
        for (int number = 0; number < refused; number++) {
            structures.together().structure(tool(number));
        }
    }

    @Test
    void equalFormsCountOnce() {
        Together together = new Structures(TOKENS, StructureLimits.DEFAULT, 256 << 20).together();
        for (int each = 0; each < 5000; each++) {
            together.structure(new Form.JsonObject());
        }
    }

    @Test
    void charactersOfAllFormsCount() {
        Together together = new Structures(TOKENS, StructureLimits.DEFAULT, 256 << 20).together();
        together.structure(new Form.Choice(List.of("a".repeat(200_000))));
        assertThatThrownBy(() -> together.structure(new Form.Choice(List.of("b".repeat(100_000)))))
                .isInstanceOf(StructureException.class)
                .hasMessage("together with what stands before it, it takes more than 262144 characters");
    }

    /** Whoever holds structures that aren't kept any more fills no more memory with their masks. */
    @Test
    void whatStatesOfAllTakeIsBoundedInUseAsWell() {
        long most = 4 << 20;
        StructureLimits limits = new StructureLimits(1 << 18, 64, 500_000, 4096, 1 << 20, 50_000, most);
        Structures structures = new Structures(TOKENS, limits, most);
        List<Matcher> used = new ArrayList<>();
        long[] mask = new long[(TOKENS.tokens() + 63) / 64];
        long largest = 0;
        for (int each = 0; each < 60; each++) {
            used.add(structures.structure(new Form.Regex("[a-c]{2000}" + each)).matcher());
        }
        assertThat(structures.size()).isEqualTo(60);
        for (int step = 0; step < 1200; step++) {
            for (Matcher matcher : used) {
                matcher.mask(mask);
                assertThat(matcher.accept('a')).isTrue();
            }
            largest = Math.max(largest, structures.cachedBytes());
        }
        assertThat(largest).isGreaterThan(most / 2).isLessThan(most + 60L * (1 << 18));
        // Those that are dropped count while they are used, and those that nobody uses don't.
        structures.structure(new Form.Regex("a{0,400000}b"));
        for (int each = 0; each < 1100; each++) {
            structures.structure(new Form.Choice(List.of("a" + each)));
        }
        long dropped = structures.cachedBytes();
        for (Matcher matcher : used) {
            matcher.mask(mask);
            matcher.accept('a');
        }
        assertThat(structures.cachedBytes()).isGreaterThan(dropped + 60 * 1000);
    }

    static Stream<Arguments> schemas() {
        String name = "n".repeat(20_000);
        String circle = "#/$defs/" + name;
        return Stream.of(
                Arguments.of(
                        "a circle of long references in 4000 places",
                        Map.of(
                                "properties",
                                properties(4000, i -> Map.of("$ref", "#/$defs/to")),
                                "$defs",
                                Map.of("to", Map.of("$ref", circle), name, Map.of("$ref", circle)))),
                Arguments.of(
                        "5000 places behind a long name",
                        object(Map.of("n".repeat(100_000), object(properties(5000, i -> Map.of()))))),
                Arguments.of(
                        "a listed value of 20000 parts, compared 500 times in 1000 alternatives",
                        Map.of(
                                "allOf",
                                Stream.concat(
                                                Stream.of(Map.of("anyOf", Collections.nCopies(1000, Map.of()))),
                                                Collections.nCopies(500, Map.of("$ref", "#/$defs/to")).stream())
                                        .toList(),
                                "$defs",
                                Map.of("to", Map.of("const", List.of(Collections.nCopies(20_000, 1L)))))),
                Arguments.of(
                        "3000 patterns with lengths",
                        object(properties(
                                3000, i -> Map.of("type", "string", "pattern", "a.{25}b" + i, "maxLength", 120L)))),
                Arguments.of(
                        "3000 multiples with bounds",
                        object(properties(
                                3000,
                                i -> Map.of("type", "number", "multipleOf", 0.997, "maximum", (double) i + 0.125)))),
                Arguments.of(
                        "3000 properties in 2000 places",
                        referring(object(properties(3000, i -> Map.of())), i -> Map.of("minProperties", (long) i))),
                Arguments.of(
                        "2000 listed values in 2000 places",
                        referring(
                                Map.of(
                                        "enum",
                                        IntStream.range(0, 2000)
                                                .mapToObj(i -> "value " + i)
                                                .toList()),
                                i -> Map.of("minLength", (long) i % 7))),
                Arguments.of(
                        "a pattern of 50000 characters in 2000 places",
                        referring(Map.of("pattern", "ab".repeat(25_000)), i -> Map.of("minLength", (long) i))),
                Arguments.of(
                        "2500 words on other members, and 4000 names",
                        Map.of(
                                "allOf",
                                Stream.concat(
                                                IntStream.range(0, 2500)
                                                        .mapToObj(i -> Map.of(
                                                                "additionalProperties", Map.of("type", "string"))),
                                                Stream.of(object(properties(4000, i -> Map.of()))))
                                        .toList())),
                Arguments.of(
                        "oneOf of 1000 that differ by a constant",
                        Map.of(
                                "oneOf",
                                IntStream.range(0, 1000)
                                        .mapToObj(i -> Map.of(
                                                "type",
                                                "object",
                                                "required",
                                                List.of("a"),
                                                "properties",
                                                Map.of("a", Map.of("const", (long) i))))
                                        .toList())));
    }

    private interface Schema {
        Map<String, Object> of(int number);
    }

    private static Map<String, Object> properties(int count, Schema each) {
        Map<String, Object> all = new LinkedHashMap<>();
        IntStream.range(0, count).forEach(i -> all.put("p" + i, each.of(i)));
        return all;
    }

    private static Map<String, Object> object(Map<String, Object> properties) {
        return Map.of("type", "object", "properties", properties, "additionalProperties", false);
    }

    /** The same from 2000 places, each of which says something more. */
    private static Map<String, Object> referring(Map<String, Object> to, Schema more) {
        Map<String, Object> whole = new LinkedHashMap<>(object(properties(2000, i -> {
            Map<String, Object> place = new LinkedHashMap<>(more.of(i));
            place.put("$ref", "#/$defs/to");
            return place;
        })));
        whole.put("$defs", Map.of("to", to));
        return whole;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schemas")
    @Timeout(300)
    void whatIsSmallInManyPlacesIsLimited(String name, Map<String, @Nullable Object> schema) {
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, 64 << 20);
        assertThatThrownBy(() -> structures.structure(new Form.JsonSchema(schema, false)))
                .as(name)
                .isInstanceOf(StructureException.class)
                .hasMessageMatching(".*(too large|too much work).*");
    }
}
