package dev.tramontane.api.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.openai.RequestField;
import dev.tramontane.api.openai.RequestFields;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.engine.Engine;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.EngineTextGenerator;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.model.SamplingDefaults;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of Ollama's fields has what the code reads and nothing else. */
class OllamaFieldTableTest {
    private static Set<String> table(RequestField.Endpoint endpoint) {
        return RequestFields.of(endpoint).map(RequestField::name).collect(Collectors.toSet());
    }

    private static Set<String> read(String json, Consumer<JsonFields> reader) {
        JsonFields fields = new JsonFields(JsonReader.object(json.getBytes(StandardCharsets.UTF_8)));
        reader.accept(fields);
        return fields.known();
    }

    private static void with(Consumer<OllamaRequests> test) {
        try (Engine engine = new ScriptedEngine("a");
                EngineTextGenerator generator = new EngineTextGenerator(
                        "m",
                        engine,
                        new ByteTokenizer(),
                        MistralLayout.of(MistralVersion.V3),
                        GenerationConfig.DEFAULT,
                        SamplingDefaults.NEUTRAL)) {
            test.accept(new OllamaRequests(ApiConfig.DEFAULT, ServedModels.of(generator, 0)));
        }
    }

    @Test
    void hasWhatGenerateAndChatRead() {
        with(requests -> {
            assertThat(read("{\"prompt\": \"a\"}", requests::generate))
                    .isEqualTo(table(RequestField.Endpoint.OLLAMA_GENERATE));
            assertThat(read("{\"messages\": []}", requests::chat)).isEqualTo(table(RequestField.Endpoint.OLLAMA_CHAT));
        });
    }

    /** Options are read from a copy, so that what was read is told by what an unknown one is told of. */
    @Test
    void everyOptionOfTheTableIsRead() {
        with(requests -> {
            for (String name : table(RequestField.Endpoint.OLLAMA_OPTIONS)) {
                JsonFields fields = new JsonFields(
                        JsonReader.object("{\"prompt\": \"a\", \"options\": {\"%s\": null}}".formatted(name), "body"));
                requests.generate(fields);
                try {
                    JsonFields wrong = new JsonFields(JsonReader.object(
                            "{\"prompt\": \"a\", \"options\": {\"%s\": {\"no\": [7]}}}".formatted(name), "body"));
                    requests.generate(wrong);
                } catch (InvalidJsonException refused) {
                    assertThat(refused).hasMessageContaining(name);
                    assertThat(refused.getMessage()).doesNotContain("unknown field options." + name);
                }
            }
        });
    }
}
