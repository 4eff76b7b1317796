package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Schemas and grammars that mean harm: each is refused in our words, or makes masks within its limits. Nothing else may come of it: no overflow of a stack, no
 * memory without end. The time is a guard against hanging, not a measure.
 */
class SchemaHostileTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(17), "ab\"{}[]:,01 ", 300);

    static Stream<Arguments> forms() {
        List<Arguments> forms = new ArrayList<>();
        schema(forms, "anyOf of 30 doublings", anyOfs(30));
        schema(forms, "anyOf within anyOf, 60 deep", nested("anyOf", 60, Map.of("type", "null")));
        schema(forms, "allOf within allOf, 100 deep", nested("allOf", 100, Map.of()));
        schema(forms, "items, 200 deep", items(200));
        schema(forms, "items, 2000 deep", items(2000));
        schema(forms, "a chain of 3000 references", references(3000));
        schema(forms, "references in a circle of 50", Map.of("$ref", "#/$defs/0", "$defs", circle(50)));
        schema(forms, "20000 listed values", Map.of("enum", texts(20_000)));
        schema(
                forms,
                "20000 listed values twice",
                Map.of("allOf", List.of(Map.of("enum", texts(20_000)), Map.of("enum", texts(20_000)))));
        schema(
                forms,
                "20000 listed values beside a pattern",
                Map.of("enum", texts(20_000), "pattern", "(a|b)*a(a|b){200}"));
        schema(
                forms,
                "5000 optional properties",
                Map.of("type", "object", "properties", properties(5000), "additionalProperties", false));
        schema(forms, "5000 optional properties and others", Map.of("type", "object", "properties", properties(5000)));
        schema(
                forms,
                "400 properties, 200 at least",
                Map.of(
                        "type",
                        "object",
                        "properties",
                        properties(400),
                        "additionalProperties",
                        false,
                        "minProperties",
                        200L));
        schema(forms, "a name of 200000 characters", Map.of("properties", Map.of("a".repeat(200_000), Map.of())));
        schema(forms, "a length of a billion", Map.of("type", "string", "minLength", 1_000_000_000L));
        schema(forms, "a length beyond numbers", Map.of("type", "string", "maxLength", 1e300));
        schema(
                forms,
                "a billion elements",
                Map.of("type", "array", "minItems", 1_000_000_000L, "items", Map.of("type", "null")));
        schema(forms, "bounds beyond numbers", Map.of("type", "number", "minimum", -1e300, "maximum", 1e300));
        schema(forms, "bounds that contradict each other", Map.of("type", "number", "minimum", 1e300));
        schema(
                forms,
                "multiples of many",
                Map.of(
                        "type",
                        "number",
                        "allOf",
                        List.of(Map.of("multipleOf", 997L), Map.of("multipleOf", 991L), Map.of("multipleOf", 983L))));
        schema(forms, "a pattern of nested counts", Map.of("type", "string", "pattern", "((a{1000}){1000}){1000}"));
        schema(
                forms,
                "nested counts and a length",
                Map.of("type", "string", "pattern", "((a{1000}){1000}){1000}", "maxLength", 5L));
        schema(
                forms,
                "empty parts without end, and a length",
                Map.of("type", "string", "pattern", "^(a?){1000000}$", "maxLength", 5L));
        schema(
                forms,
                "a long pattern and a long length",
                Map.of("type", "string", "pattern", "(a|b)*a(a|b){300}", "maxLength", 100_000L));
        schema(forms, "catastrophic for backtracking", Map.of("type", "string", "pattern", "^(a+)+$"));
        schema(
                forms,
                "two patterns with large products",
                Map.of(
                        "type",
                        "string",
                        "allOf",
                        List.of(Map.of("pattern", "a.{700}b"), Map.of("pattern", "b.{700}a"))));
        schema(forms, "300 overlapping objects", Map.of("anyOf", objects(300)));
        schema(forms, "oneOf of 300 objects", Map.of("oneOf", objects(300)));
        schema(
                forms,
                "oneOf of 200 patterns",
                Map.of(
                        "oneOf",
                        IntStream.range(0, 200)
                                .mapToObj(i -> Map.of("type", "string", "pattern", "^" + i + "[ab]{200}$"))
                                .toList()));
        schema(
                forms,
                "ambiguous recursion",
                Map.of(
                        "anyOf",
                        List.of(
                                Map.of("type", "array", "items", Map.of("$ref", "#")),
                                Map.of("type", "array", "prefixItems", List.of(Map.of("$ref", "#"))),
                                Map.of("type", "null"))));
        schema(
                forms,
                "recursion that can't end",
                Map.of("type", "array", "items", Map.of("$ref", "#"), "minItems", 1L));
        schema(forms, "no schema", 1L);
        moreSchemas(forms);
        conditions(forms);
        patterns(forms);
        grammar(forms, "a chain of 20000 rules", rules(20_000, "\"x\""));
        grammar(forms, "a chain of 20000 last calls", rules(20_000, ""));
        grammar(forms, "ambiguous without end", "root ::= s\ns ::= \"a\" s s | \"a\" | \"\"");
        grammar(forms, "empty rules in loops", "root ::= (a b)* \"x\"\na ::= \"\" | b\nb ::= \"\" | \"b\"");
        grammar(forms, "empty parts a million times", "root ::= (\"a\"?){0,1000000} \"b\"");
        grammar(forms, "counts within counts", "root ::= ((\"ab\"{1000}){1000}){1000}");
        grammar(forms, "a hundred thousand alternatives", "root ::= " + "\"a\" | ".repeat(20_000) + "\"a\"");
        grammar(forms, "long text", "root ::= \"" + "a".repeat(200_000) + "\"");
        grammar(forms, "two rules that call each other first", "root ::= a | \"x\"\na ::= b \"y\"\nb ::= a \"z\"");
        grammar(forms, "a rule that can't be finished", "root ::= \"a\" root");
        grammar(forms, "nothing but calls without end", "root ::= a\na ::= b\nb ::= a");
        grammar(forms, "brackets 60000 deep", "root ::= " + "(".repeat(60_000) + "\"a\"" + ")".repeat(60_000));
        grammar(forms, "brackets in each other without end", "root ::= \"(\" root* \")\"");
        grammar(forms, "60000 brackets that aren't closed", "root ::= " + "(".repeat(60_000));
        grammar(forms, "sets of every character", "root ::= [^a]{5000} [^b]{5000} | [^c]*");
        grammar(forms, "a set of 120000 members", "root ::= [" + everySecond(120_000) + "]{3}");
        grammar(forms, "the same rule 30000 times", "root ::= \"a\"\n".repeat(30_000));
        return forms.stream();
    }

    private static void moreSchemas(List<Arguments> forms) {
        String shared = "n".repeat(100_000);
        schema(
                forms,
                "two names with a long beginning in common",
                Map.of("properties", new LinkedHashMap<>(Map.of(shared + "a", Map.of(), shared + "b", Map.of()))));
        schema(
                forms,
                "2000 names with beginnings in common",
                Map.of(
                        "properties",
                        IntStream.range(0, 2000)
                                .boxed()
                                .collect(Collectors.toMap(
                                        i -> "n".repeat(i % 60) + i, i -> Map.of(), (a, b) -> a, LinkedHashMap::new))));
        schema(forms, "a reference to itself", Map.of("$ref", "#"));
        schema(forms, "allOf of itself", Map.of("allOf", List.of(Map.of("$ref", "#"), Map.of("type", "object"))));
        schema(forms, "anyOf of itself", Map.of("anyOf", List.of(Map.of("$ref", "#"), Map.of("type", "null"))));
        schema(
                forms,
                "references that double 40 times",
                Map.of("$ref", "#/$defs/0", "$defs", doubling(40), "type", "array"));
        schema(
                forms,
                "all of 60 recursive trees at once",
                Map.of(
                        "allOf",
                        IntStream.range(0, 60)
                                .mapToObj(i -> Map.of(
                                        "type", "array", "items", Map.of("$ref", "#"), "maxItems", (long) (60 - i)))
                                .toList()));
        schema(
                forms,
                "a type and its opposite",
                Map.of("allOf", List.of(Map.of("type", "null"), Map.of("type", "object"))));
        schema(
                forms,
                "bounds with nothing between",
                Map.of("type", "number", "exclusiveMinimum", 1L, "exclusiveMaximum", 1L));
        schema(
                forms,
                "an integer where there is none",
                Map.of("type", "integer", "exclusiveMinimum", 0.1, "maximum", 0.9));
        schema(forms, "more at least than at most", Map.of("type", "array", "minItems", 9L, "maxItems", 3L));
        schema(
                forms,
                "more required than allowed",
                Map.of(
                        "type",
                        "object",
                        "properties",
                        properties(20),
                        "required",
                        List.copyOf(properties(20).keySet()),
                        "maxProperties",
                        3L));
        schema(forms, "a number of thousands of digits", Map.of("enum", List.of(new BigDecimal("1e200000"))));
        schema(
                forms,
                "a bound of thousands of digits",
                Map.of("type", "number", "minimum", new BigDecimal("1e-200000")));
        schema(forms, "multiples of nearly nothing", Map.of("type", "number", "multipleOf", new BigDecimal("1e-300")));
        schema(forms, "multiples of nothing", Map.of("type", "number", "multipleOf", 0L));
        schema(forms, "300 unevaluated layers", Map.of("allOf", objects(300), "unevaluatedProperties", false));
        schema(
                forms,
                "prefixItems of 5000",
                Map.of(
                        "type",
                        "array",
                        "prefixItems",
                        texts(5000).stream().map(text -> Map.of("const", text)).toList()));
        schema(forms, "a listed value 500 deep", Map.of("const", lists(500)));
        schema(
                forms,
                "every format at once",
                Map.of(
                        "type",
                        "string",
                        "allOf",
                        Stream.of("date", "time", "email", "uuid")
                                .map(format -> Map.of("format", format))
                                .toList()));
        schema(forms, "a format that isn't", Map.of("type", "string", "format", "f".repeat(10_000)));
        schema(forms, "2000 keywords that aren't", properties(2000));
    }

    private static void conditions(List<Arguments> forms) {
        schema(forms, "not within not, 60 deep", wrapped("not", 60, Map.of("type", "null")));
        schema(forms, "not within not, 5000 deep", wrapped("not", 5000, Map.of("type", "null")));
        schema(forms, "not of itself", Map.of("not", Map.of("$ref", "#")));
        schema(forms, "oneOf of 40 that overlap", Map.of("oneOf", optional(40)));
        schema(forms, "not of a oneOf of 40", Map.of("not", Map.of("oneOf", optional(40))));
        schema(forms, "30 conditions on as many members", Map.of("type", "object", "allOf", conditions(30, false)));
        schema(forms, "300 conditions on one member", Map.of("type", "object", "allOf", conditions(300, true)));
        schema(
                forms,
                "conditions within conditions",
                nested("allOf", 12, Map.of("if", Map.of("required", List.of("a")), "then", Map.of("minimum", 3L))));
        schema(
                forms,
                "300 patterns of names",
                Map.of("type", "object", "patternProperties", patternsOfNames(300, "[ab]{0,9}")));
        schema(
                forms,
                "patterns of names that double",
                Map.of("type", "object", "patternProperties", patternsOfNames(8, "(a|b)*a(a|b){9}")));
        schema(
                forms,
                "a pattern of names whose opposite is exponential",
                Map.of("type", "object", "patternProperties", Map.of("(a|b)*a(a|b){40}", Map.of("type", "null"))));
        schema(
                forms,
                "names of a pattern and a length",
                Map.of(
                        "type",
                        "object",
                        "propertyNames",
                        Map.of("pattern", "(a|b)*a(a|b){200}", "maxLength", 100_000L)));
        schema(forms, "names that are no text", Map.of("type", "object", "propertyNames", Map.of("type", "null")));
        schema(
                forms,
                "names but 20000",
                Map.of("type", "object", "propertyNames", Map.of("not", Map.of("enum", texts(20_000)))));
        numbersBut(forms, 5000);
        numbersBut(forms, 200_000);
        schema(forms, "oneOf of 200000 that are anything", Map.of("oneOf", Collections.nCopies(200_000, true)));
        schema(forms, "oneOf of 200000 that are nothing", Map.of("oneOf", Collections.nCopies(200_000, false)));
        schema(forms, "64 of a kind", Map.of("type", "array", "contains", Map.of("minimum", 3L), "minContains", 64L));
        schema(
                forms,
                "64 of a kind of 1024",
                Map.of(
                        "type",
                        "array",
                        "contains",
                        Map.of("minimum", 3L),
                        "minContains",
                        60L,
                        "maxContains",
                        64L,
                        "minItems",
                        1000L,
                        "maxItems",
                        1024L));
        schema(
                forms,
                "10 long values, none twice",
                Map.of(
                        "type",
                        "array",
                        "uniqueItems",
                        true,
                        "items",
                        Map.of(
                                "enum",
                                texts(10).stream()
                                        .map(each -> each.repeat(5000))
                                        .toList())));
        schema(forms, "a billion members", Map.of("type", "object", "maxProperties", 1_000_000_000L));
        schema(forms, "a billion members at least", Map.of("type", "object", "minProperties", 1_000_000_000L));
        schema(
                forms,
                "the opposite of a recursive tree",
                Map.of(
                        "properties",
                        Map.of("a", Map.of("not", Map.of("$ref", "#")), "b", Map.of("$ref", "#")),
                        "required",
                        List.of("a")));
    }

    private static Object wrapped(String keyword, int depth, Object innermost) {
        Object schema = innermost;
        for (int each = 0; each < depth; each++) {
            schema = Map.of(keyword, schema);
        }
        return schema;
    }

    private static List<Object> optional(int count) {
        return IntStream.range(0, count)
                .<Object>mapToObj(i -> Map.of("properties", Map.of("p" + i, Map.of("type", "null"))))
                .toList();
    }

    private static List<Object> conditions(int count, boolean same) {
        return IntStream.range(0, count)
                .<Object>mapToObj(i -> Map.of(
                        "if",
                        Map.of("properties", Map.of(same ? "p" : "p" + i, Map.of("const", (long) i))),
                        "then",
                        Map.of("required", List.of("r" + i))))
                .toList();
    }

    private static Map<String, Object> patternsOfNames(int count, String after) {
        Map<String, Object> patterns = new LinkedHashMap<>();
        for (int each = 0; each < count; each++) {
            patterns.put("x" + each + after, Map.of("maximum", (long) each));
        }
        return patterns;
    }

    private static void patterns(List<Arguments> forms) {
        pattern(forms, "alternatives in stars in stars", "^((a|aa|aaa)*)*$");
        pattern(forms, "optional parts before as many", "^" + "a?".repeat(3000) + "a{3000}$");
        pattern(forms, "counts of counts with a class", "^([ab]{1,1000}-){1,1000}$");
        pattern(forms, "brackets 5000 deep", "(".repeat(5000) + "a" + ")".repeat(5000));
        pattern(forms, "wide classes counted", "^[\\u0000-\\uffff]{100000}$");
        pattern(forms, "supplementary characters counted", "^[\\u{10000}-\\u{10ffff}]{1,50000}$");
        pattern(forms, "2000 alternatives of classes", "^(" + "[a-m]b|".repeat(2000) + "c)*$");
        pattern(forms, "an empty class", "^[]$");
        pattern(forms, "a class of 120000 members", "^[" + everySecond(120_000) + "]{3}$");
        pattern(forms, "ends before its beginning", "$a^");
        schema(
                forms,
                "a pattern and its opposite",
                Map.of("type", "string", "allOf", List.of(Map.of("pattern", "^a+$"), Map.of("pattern", "^b+$"))));
    }

    /** Characters none of which follows another. */
    private static String everySecond(int count) {
        StringBuilder text = new StringBuilder();
        for (int each = 0; each < count; each++) {
            int codePoint = 0x100 + 2 * each;
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                text.appendCodePoint(codePoint);
            }
        }
        return text.toString();
    }

    private static void pattern(List<Arguments> forms, String name, String pattern) {
        schema(forms, "pattern: " + name, Map.of("type", "string", "pattern", pattern));
        schema(forms, "pattern and length: " + name, Map.of("type", "string", "pattern", pattern, "maxLength", 50L));
    }

    private static Object lists(int depth) {
        Object value = 1L;
        for (int each = 0; each < depth; each++) {
            value = List.of(value);
        }
        return value;
    }

    private static Map<String, Object> doubling(int count) {
        Map<String, Object> definitions = new HashMap<>();
        for (int each = 0; each < count; each++) {
            Object next = Map.of("$ref", "#/$defs/" + (each + 1));
            definitions.put("" + each, Map.of("anyOf", List.of(next, next)));
        }
        definitions.put("" + count, Map.of("items", Map.of("type", "null")));
        return definitions;
    }

    private static void numbersBut(List<Arguments> forms, int listed) {
        List<Long> numbers = LongStream.range(0, listed).boxed().toList();
        schema(forms, "numbers but " + listed, Map.of("type", "number", "not", Map.of("enum", numbers)));
    }

    private static void schema(List<Arguments> forms, String name, Object schema) {
        forms.add(Arguments.of(name, new Form.JsonSchema(schema, false)));
    }

    private static void grammar(List<Arguments> forms, String name, String grammar) {
        forms.add(Arguments.of(name, new Form.Grammar(grammar)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forms")
    @Timeout(600)
    void isAnsweredWithinItsLimits(String name, Form form) {
        Random random = new Random(name.hashCode());
        Structure structure;
        try {
            structure = new Structures(TOKENS, StructureLimits.DEFAULT, 64 << 20).structure(form);
        } catch (StructureException refused) {
            assertThat(refused.getMessage()).doesNotContain("\n").hasSizeLessThan(1200);
            return;
        }
        Matcher matcher = structure.matcher();
        long[] mask = new long[matcher.maskWords()];
        try {
            for (int step = 0; step < 30 && !matcher.isFinished(); step++) {
                matcher.mask(mask);
                List<Integer> allowed = Vocabularies.members(mask);
                assertThat(allowed).isNotEmpty();
                assertThat(matcher.accept(allowed.get(random.nextInt(allowed.size()))))
                        .isTrue();
            }
        } catch (WorkExceededException ambiguous) {
            assertThat(ambiguous).hasMessageContaining("too ambiguous");
        }
        assertThat(structure.bytes()).isLessThan(256L << 20);
    }

    private static Map<String, Object> anyOfs(int doublings) {
        List<Object> all = IntStream.range(0, doublings)
                .<Object>mapToObj(i ->
                        Map.of("anyOf", List.of(Map.of("minimum", (long) i), Map.of("maxLength", (long) i))))
                .toList();
        return Map.of("allOf", all);
    }

    private static Object nested(String keyword, int depth, Object innermost) {
        Object schema = innermost;
        for (int each = 0; each < depth; each++) {
            schema = Map.of(keyword, List.of(schema, schema));
        }
        return schema;
    }

    private static Object items(int depth) {
        Object schema = Map.of("type", "null");
        for (int each = 0; each < depth; each++) {
            schema = Map.of("type", "array", "items", schema);
        }
        return schema;
    }

    private static Object references(int count) {
        Map<String, Object> definitions = new HashMap<>();
        for (int each = 0; each < count; each++) {
            definitions.put("" + each, Map.of("$ref", "#/$defs/" + (each + 1)));
        }
        definitions.put("" + count, Map.of("type", "null"));
        return Map.of("$ref", "#/$defs/0", "$defs", definitions);
    }

    private static Object circle(int count) {
        Map<String, Object> definitions = new HashMap<>();
        for (int each = 0; each < count; each++) {
            definitions.put("" + each, Map.of("$ref", "#/$defs/" + (each + 1) % count));
        }
        return definitions;
    }

    private static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "t" + i).toList();
    }

    private static Map<String, @Nullable Object> properties(int count) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        IntStream.range(0, count).forEach(i -> properties.put("p" + i, Map.of("type", "null")));
        return properties;
    }

    private static List<Object> objects(int count) {
        return IntStream.range(0, count)
                .<Object>mapToObj(i -> Map.of(
                        "type", "object", "properties", Map.of("a", Map.of("type", "string", "maxLength", (long) i))))
                .toList();
    }

    private static String rules(int count, String after) {
        return "root ::= r0\n"
                + IntStream.range(0, count)
                        .mapToObj(i -> "r" + i + " ::= r" + (i + 1) + " " + after)
                        .collect(Collectors.joining("\n"))
                + "\nr" + count + " ::= \"a\"";
    }
}
