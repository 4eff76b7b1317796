package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Compiles forms and makes masks that nobody asked for over a vocabulary, so that the first ones that somebody asks for don't wait for the compiler of the JVM: a process that has just started
 * takes ten times as long for a mask. Any thread; a second or so for a large vocabulary. Stops early where the thread is interrupted.
 */
public final class MaskWarmUp {
    /** After which masks were not much faster any more; see {@code docs/performance.md}. */
    static final int ROUNDS = 16;

    private static final Map<String, Object> RECORD = object(Map.of(
            "name", Map.of("type", "string"),
            "day", Map.of("type", "string", "format", "date"),
            "mail", Map.of("type", "string", "format", "email"),
            "count", Map.of("type", "integer", "minimum", 1L, "maximum", 150L),
            "title", Map.of("type", "string", "minLength", 2L, "maxLength", 40L),
            "tags", Map.of("type", "array", "items", Map.of("enum", List.of("red", "green", "blue")))));

    /** What compiling goes through: alternatives that are told apart, products of automata, opposites, long lists, references. */
    private static final Map<String, Object> WIDE = Map.of(
            "type",
            "object",
            "properties",
            new TreeMap<>(Map.of(
                    "a", Map.of("oneOf", List.of(tagged("x", "integer"), tagged("y", "string"))),
                    "b", Map.of("type", "number", "minimum", -2.5, "exclusiveMaximum", 1000L, "multipleOf", 0.5),
                    "c",
                            Map.of(
                                    "enum",
                                    IntStream.range(0, 300)
                                            .mapToObj(each -> "word" + each)
                                            .toList()),
                    "d", Map.of("type", "string", "pattern", "^[A-Z]{2,3}-[0-9]+$", "maxLength", 12L),
                    "e", Map.of("anyOf", List.of(Map.of("type", "null"), Map.of("$ref", "#/properties/e/anyOf/0"))),
                    "f", Map.of("type", "string", "not", Map.of("enum", List.of("none", ""))),
                    "g",
                            Map.of(
                                    "type", "object",
                                    "patternProperties", Map.of("^x-", Map.of("minimum", 1L)),
                                    "additionalProperties", Map.of("type", "array", "items", Map.of("$ref", "#"))))));

    private static final Map<Form, String> TEXTS = Map.of(
            new Form.JsonSchema(WIDE, false),
            "{\"a\": {\"kind\": \"x\", \"of\": 1}, \"b\": -2.5, \"c\": \"word7\", \"d\": \"AB-12\", \"f\": \"some\", \"g\": {\"x-a\": 1, \"y\": [{}]}}",
            new Form.JsonSchema(RECORD, false),
            "{\n  \"count\": 36,\n  \"day\": \"1815-12-10\",\n  \"mail\": \"ada.l@example.org\",\n  \"name\": \"Ada \\\"L\\\"\",\n  \"tags\": [\"red\"],"
                    + " \"title\": \"On engines\"\n}",
            new Form.JsonObject(),
            "{\"a\": [1, -2.5e3, true, null], \"b\": {\"c\": \"text\"}}",
            new Form.Regex("[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}(?: .*)?"),
            "someone@mail.example.org and so on");

    private MaskWarmUp() {}

    private static Map<String, Object> tagged(String kind, String type) {
        return object(Map.of("kind", Map.of("const", kind), "of", Map.of("type", type)));
    }

    private static Map<String, Object> object(Map<String, Object> properties) {
        return Map.of(
                "type",
                "object",
                "properties",
                new TreeMap<>(properties),
                "required",
                List.copyOf(properties.keySet()));
    }

    /** @return masks that were made */
    public static long run(TokenTree tokens, StructureLimits limits) {
        int[] spelled = spelled(tokens);
        long masks = 0;
        for (int round = 0; round < ROUNDS && !Thread.currentThread().isInterrupted(); round++) {
            for (Map.Entry<Form, String> each : TEXTS.entrySet()) {
                masks += masks(each.getKey(), each.getValue(), tokens, limits, spelled);
            }
        }
        return masks;
    }

    private static long masks(Form form, String text, TokenTree tokens, StructureLimits limits, int[] spelled) {
        Structure structure;
        try {
            structure = Structure.of(form, tokens, limits);
        } catch (StructureException cannotBeSpelled) {
            return 0; // A vocabulary without some bytes, or limits that are very low: what is asked for is answered
            // then.
        }
        Matcher matcher = structure.matcher();
        long[] words = new long[matcher.maskWords()];
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            matcher.mask(words);
            if (spelled[each] < 0 || !matcher.accept(spelled[each])) {
                break;
            }
        }
        return structure.masksMade();
    }

    /** The token of each byte of ASCII, or -1. */
    private static int[] spelled(TokenTree tokens) {
        int[] spelled = new int[128];
        Arrays.fill(spelled, -1);
        for (int id = 0; id < tokens.tokens(); id++) {
            byte[] bytes = tokens.bytes(id);
            if (bytes.length == 1 && bytes[0] >= 0) {
                spelled[bytes[0]] = id;
            }
        }
        return spelled;
    }
}
