package dev.tramontane.tokenizer;

import dev.tramontane.fixtures.Oracle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Files of the tokenizers library for tests, from the oracle's fixture. */
final class HuggingFaceFiles {
    static final String CONFIG = "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}}";

    private static final JsonNode FIXTURE = Oracle.read("hugging-face-tokenizers");

    private HuggingFaceFiles() {}

    static List<String> names() {
        return Oracle.stream(FIXTURE.get("variants"))
                .map(variant -> variant.get("name").asString())
                .toList();
    }

    static JsonNode variant(String name) {
        return Oracle.stream(FIXTURE.get("variants"))
                .filter(variant -> variant.get("name").asString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A variant's tokenizer.json, to be changed at will. */
    static ObjectNode json(String name) {
        JsonNode variant = variant(name);
        ObjectNode file = (ObjectNode) variant.get("parts").deepCopy();
        ObjectNode model = file.putObject("model");
        model.setAll((ObjectNode)
                FIXTURE.get("models").get(variant.get("model").asString()).deepCopy());
        model.setAll((ObjectNode) variant.get("model_fields"));
        return file;
    }

    static Tokenizer tokenizer(String name) {
        return tokenizer(json(name).toString(), name.startsWith("gaps") ? "{}" : CONFIG);
    }

    static Tokenizer tokenizer(String json, String config) {
        return Tokenizers.ofHuggingFace(bytes(json), bytes(config));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
