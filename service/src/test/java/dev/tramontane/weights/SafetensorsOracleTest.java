package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.fixtures.Oracle;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Sound and broken files are judged as the reference implementation judges them, and sound ones hold the same. */
class SafetensorsOracleTest {
    /** What the reference reads and this does not, by the case's name, and why. */
    private static final Map<String, String> STRICTER = Map.of(
            "blanks before", "the header does not begin with {, expected a JSON object",
            "metadata null", "__metadata__ must be an object, got null",
            "nine dimensions", "tensor \"t\" has more than 8 dimensions",
            "duplicate name", "the name \"t\" comes twice");

    @TestFactory
    Stream<DynamicTest> judgesAsTheReference() {
        return Oracle.stream(Oracle.read("safetensors-verdicts").get("cases"))
                .map(expected -> DynamicTest.dynamicTest(
                        expected.get("name").asString(),
                        () -> check(expected.get("name").asString(), expected)));
    }

    private static void check(String name, JsonNode expected) {
        byte[] bytes = HexFormat.of().parseHex(expected.get("bytes").asString());
        String stricter = STRICTER.getOrDefault(name, "");
        if (!expected.get("read").asBoolean() || !stricter.isEmpty()) {
            ModelFileException refusal = catchThrowableOfType(
                    ModelFileException.class,
                    () -> SafetensorsFile.of(name, MemorySegment.ofArray(bytes)).close());
            assertThat(refusal).isNotNull();
            assertThat(refusal).hasMessageContaining(stricter);
            return;
        }
        try (SafetensorsFile file = SafetensorsFile.of(name, MemorySegment.ofArray(bytes))) {
            List<SafetensorsTensor> tensors = file.tensors().stream()
                    .sorted(Comparator.comparing(SafetensorsTensor::name))
                    .toList();
            JsonNode all = expected.get("tensors");
            assertThat(tensors).hasSize(all.size());
            for (int i = 0; i < all.size(); i++) {
                SafetensorsTensor tensor = tensors.get(i);
                assertThat(tensor.name()).isEqualTo(all.get(i).get("name").asString());
                assertThat(tensor.type().name())
                        .isEqualTo(all.get(i).get("dtype").asString());
                assertThat(tensor.shape())
                        .containsExactlyElementsOf(Oracle.stream(all.get(i).get("shape"))
                                .map(JsonNode::asLong)
                                .toList());
                assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(
                                HexFormat.of().parseHex(all.get(i).get("data").asString()));
            }
        }
    }
}
