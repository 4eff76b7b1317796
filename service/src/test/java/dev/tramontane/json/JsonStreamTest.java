package dev.tramontane.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.kernels.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class JsonStreamTest {
    private static final JsonLimits LIMITS = new JsonLimits(1 << 20, 8, 16, 64, 100);

    private static MemorySegment utf8(String text) {
        return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonStream open(String text) {
        return JsonStream.open(utf8(text), "the file", LIMITS);
    }

    @Test
    void goesThroughADocumentAndStepsOverWhatNobodyTakes() {
        List<String> seen = new ArrayList<>();
        try (JsonStream json = open("""
            {"skipped": {"a": [1, {"b": "c"}]}, "list": [1, "x", null, [], {"é": true}, 2.5],
             "name": "é\\u20ac😀", "gone": null, "last": -3}\
            """)) {
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                switch (name) {
                    case "list" -> {
                        json.enterArray();
                        while (json.nextElement()) {
                            seen.add(json.path());
                            if (seen.size() == 1) {
                                assertThat(json.integer(0, 1)).isEqualTo(1);
                            }
                        }
                    }
                    case "name" -> seen.add(json.string());
                    case "gone" -> assertThat(json.takeNull()).isTrue();
                    case "last" -> assertThat(json.integer(-3, 3)).isEqualTo(-3);
                    default -> seen.add(name);
                }
            }
            json.end();
        }
        assertThat(seen)
                .containsExactly("skipped", "list[0]", "list[1]", "list[2]", "list[3]", "list[4]", "list[5]", "é€😀");
    }

    @Test
    void readsATree() {
        List<@Nullable Object> expected = new ArrayList<>(List.of(1L, 2.0, "x", true, Map.of()));
        expected.add(null);
        assertThat(JsonReader.object(utf8("{\"a\": [1, 2.0, \"x\", true, {}, null]}"), "the file", LIMITS))
                .containsExactly(entry("a", expected));
    }

    static Stream<Arguments> broken() {
        return Stream.of(
                arguments("nothing", "", 0, "the file is empty; it must be a JSON object or array"),
                arguments("no object", "[1]", 0, "the file must be a JSON object, got an array"),
                arguments("byte order mark", "\ufeff{}", 0, "the file starts with a byte order mark; use plain UTF-8"),
                arguments(
                        "twice",
                        "{\"é\": 1, \"é\": 2}",
                        14,
                        "the file is not valid JSON: the name \"é\" comes twice in one object"),
                arguments("deep", "{\"a\": [[[[[[[[[1]]]]]]]]]}", 13, "the file is nested beyond a depth of 8"),
                arguments(
                        "long name",
                        "{\"" + "n".repeat(17) + "\": 1}",
                        -1,
                        "the file has a name of more than 16 characters"),
                arguments(
                        "long string",
                        "{\"a\": \"" + "s".repeat(65) + "\"}",
                        -1,
                        "the file has a string of more than 64 characters"),
                arguments("many", "{\"a\": [" + "1,".repeat(100) + "1]}", 205, "more than 100 names and elements"),
                arguments("digits", "{\"a\": " + "1".repeat(65) + "}", -1, "of more than 64 characters"),
                arguments("infinite", "{\"a\": 1e400}", 6, "a is a number too large for 64 bits"),
                arguments(
                        "NaN",
                        "{\"a\": NaN}",
                        -1,
                        "the file is not valid JSON: \"NaN\" is no value; JSON's numbers are finite, write null"),
                arguments("half a pair", "{\"a\": \"\\ud800\"}", 6, "a string holds half a surrogate pair"),
                arguments("after", "{} {", 3, "the file goes on after its value"),
                arguments("cut", "{\"a\": [1", -1, "the file is not valid JSON: it ends inside an array"),
                arguments("lines", "{\"\\n\\u2028\": 1, \"\\n\\u2028\": 1}", -1, "\"\\u000a\\u2028\""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void saysWhatIsWrongAndWhere(String title, String text, long offset, String message) {
        InvalidJsonException invalid = catchThrowableOfType(
                InvalidJsonException.class, () -> JsonReader.object(utf8(text), "the file", LIMITS));
        assertThat(invalid).as(title).isNotNull();
        assertThat(invalid.reason()).contains(message).doesNotContain("\n").doesNotContain("\u2028");
        if (offset >= 0) {
            assertThat(invalid.offset()).isEqualTo(offset);
        }
        assertThat(invalid.offset()).isBetween(0L, utf8(text).byteSize());
    }

    @Test
    void countsAndChecksWhatNobodyTakesAsWell() {
        for (String inner : List.of("[" + "1,".repeat(100) + "1]", "[[[[[[[[[1]]]]]]]]]", "[1", "{\"b\":1,\"b\":1}")) {
            JsonStream json = open("{\"a\": " + inner + "}");
            json.enterObject();
            json.nextName();
            assertThatThrownBy(json::nextName).as(inner).isInstanceOf(InvalidJsonException.class);
            json.close();
        }
    }

    @Test
    void findsBytesThatAreNotUtf8() {
        byte[] bytes = ("{\"a\": \"" + "é".repeat(40_000) + "x\"}").getBytes(StandardCharsets.UTF_8);
        bytes[7 + 80_000] = (byte) 0xc0;
        InvalidJsonException invalid = catchThrowableOfType(InvalidJsonException.class, () -> JsonReader.object(bytes));
        assertThat(invalid).hasMessage("the body is not valid UTF-8");
        assertThat(invalid.offset()).isEqualTo(80_007);
    }

    @Test
    void namesThePlaceOfAWrongValue() {
        JsonStream json = open("{\"ä\": [{\"b\": 7}]}");
        json.enterObject();
        json.nextName();
        json.enterArray();
        json.nextElement();
        json.enterObject();
        json.nextName();
        InvalidJsonException invalid = catchThrowableOfType(InvalidJsonException.class, json::string);
        assertThat(invalid).hasMessage("ä[0].b must be a string, got 7 (line 1, column 14)");
        assertThat(invalid.offset()).isEqualTo(14);
        assertThatThrownBy(() -> json.integer(0, 6))
                .hasMessageStartingWith("ä[0].b must be a whole number between 0 and 6, got 7");
        assertThatThrownBy(json::bool).hasMessageStartingWith("ä[0].b must be true or false, got 7");
        assertThatThrownBy(json::enterObject).hasMessageStartingWith("ä[0].b must be an object, got 7");
        json.close();
    }

    @Test
    void showsNothingOfTheDocumentThatIsNotSeen() {
        JsonStream json = open("{\"a\\n\u202e\": \"é😀\\r\\u2029\\u202e\\ue000" + "x".repeat(50) + "\"}");
        json.enterObject();
        json.nextName();
        assertThatThrownBy(json::bool)
                .hasMessageStartingWith("a\\u000a\\u202e must be true or false, got"
                        + " \"é😀\\u000d\\u2029\\u202e\\ue000" + "x".repeat(34) + "…\"");
        json.close();
    }

    @Test
    void wholeNumbersHaveNoFraction() {
        JsonStream json = open("[7.0, 7]");
        json.enterArray();
        json.nextElement();
        assertThatThrownBy(() -> json.integer(0, 9)).hasMessageStartingWith("[0] must be a whole number, got 7.0");
        assertThat(json.number(0, 9)).isEqualTo(7);
        json.nextElement();
        assertThat(json.integer(0, 9)).isEqualTo(7);
        assertThat(json.number(0, 9)).isEqualTo(7);
        json.close();
    }

    @Test
    void limitsThemselvesAreLimited() {
        int deep = JsonLimits.MAX_DEPTH + 1;
        assertThatThrownBy(() -> new JsonLimits(1, deep, 1, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a depth of 513, which is not 1 to 512");
        assertThatThrownBy(() -> new JsonLimits(1, 1, 1, 1, 0)).hasMessage("a limit below 1");
        String nested = "[".repeat(JsonLimits.MAX_DEPTH) + "]".repeat(JsonLimits.MAX_DEPTH);
        JsonStream json =
                JsonStream.open(utf8(nested), "the file", new JsonLimits(1 << 20, JsonLimits.MAX_DEPTH, 1, 1, 1000));
        assertThat(json.array()).hasSize(1);
        json.close();
    }

    @Test
    void refusesADocumentBeyondItsLimitUnread() {
        JsonLimits small = new JsonLimits(3, 8, 16, 64, 100);
        assertThatThrownBy(() -> JsonStream.open(utf8("{  }"), "the file", small))
                .hasMessage("the file is 4 bytes long; at most 3 are read");
    }

    @Test
    void readsTheLargestVocabularyOfTheFamily() throws IOException {
        JsonLimits limits = new JsonLimits(64 << 20, 16, 1024, 1 << 20, 4_000_000);
        long bytes = 0;
        int tokens = 0;
        try (MappedFile file = MappedFile.open(Fetched.mistralTokenizer("tekken_240718.json"));
                JsonStream json = JsonStream.open(file.bytes(), "tekken.json", limits)) {
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                if (!name.equals("vocab")) {
                    continue;
                }
                json.enterArray();
                while (json.nextElement()) {
                    json.enterObject();
                    for (String field = json.nextName(); field != null; field = json.nextName()) {
                        if (field.equals("rank")) {
                            assertThat(json.integer(0, 1 << 20) == tokens++).isTrue();
                        } else if (field.equals("token_bytes")) {
                            bytes += json.string().length();
                        }
                    }
                }
            }
            json.end();
        }
        assertThat(tokens).isEqualTo(150_000);
        assertThat(bytes).isGreaterThan(1_000_000);
    }
}
