package dev.tramontane.json;

import dev.tramontane.fixtures.Mutations;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A sound document with random bytes changed: it is read, or refused in one line; nothing else may happen. */
class JsonMutationPropertyTest {
    private static final JsonLimits LIMITS = new JsonLimits(4096, 16, 64, 64, 200);

    private static final List<String> SOUND = List.of(
            "{\"a\": [1, -2.5e3, true, null, \"é€😀 \\u00e9\\ud83d\\ude00\\n\"], \"b\": {\"c\": {}, \"d\": []}}",
            "{\"vocab\": {\"<s>\": 1, \"</s>\": 2, \"▁the\": 3}, \"merges\": [\"t h\", [\"th\", \"e\"]], \"x\": 0.1}");

    @Test
    void everyMutationIsReadOrRefused() {
        Mutations.ofText(SOUND, Mutations.jsonWords(), InvalidJsonException.class)
                .run(10_000, input -> walk(JsonReader.object(MemorySegment.ofArray(input), "the file", LIMITS)));
    }

    @Test
    void everyMutationIsSteppedOverOrRefused() {
        Mutations.ofText(SOUND, Mutations.jsonWords(), InvalidJsonException.class)
                .run(10_000, input -> {
                    try (JsonStream json = JsonStream.open(MemorySegment.ofArray(input), "the file", LIMITS)) {
                        json.end();
                    }
                });
    }

    /** Touches every value. */
    private static int walk(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .mapToInt(e -> walk(e.getKey()) + walk(e.getValue()))
                        .sum();
            case List<?> list ->
                list.stream().mapToInt(JsonMutationPropertyTest::walk).sum();
            case String text -> text.codePointCount(0, text.length());
            case null, default -> 1;
        };
    }
}
