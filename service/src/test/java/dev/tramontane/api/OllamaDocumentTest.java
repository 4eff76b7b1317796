package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tables of docs/ollama.md and docs/endpoints.md against the service: every field is treated as its description says.
 * {@code -Dtramontane.documents=write} writes them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OllamaDocumentTest {
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private TestService.Reply send(String schema, String name, Object value) {
        JsonObject field = new JsonObject().put(name, value);
        return switch (schema) {
            case "OllamaGenerateRequest" ->
                service.post(
                        "/api/generate",
                        new JsonObject().put("prompt", "p").mergeIn(field).encode());
            case "OllamaChatRequest" ->
                service.post(
                        "/api/chat",
                        TestService.chatBody(new JsonObject()).mergeIn(field).encode());
            case "OllamaOptions" ->
                service.post(
                        "/api/generate",
                        new JsonObject()
                                .put("prompt", "p")
                                .put("options", field)
                                .encode());
            case "TgiRequest" ->
                service.post(
                        "/generate",
                        new JsonObject().put("inputs", "p").mergeIn(field).encode());
            case "TgiParameters" ->
                service.post(
                        "/generate",
                        new JsonObject()
                                .put("inputs", "p")
                                .put("parameters", field)
                                .encode());
            default -> throw new AssertionError(schema);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "OllamaGenerateRequest, ''",
        "OllamaChatRequest, ''",
        "OllamaOptions, options.",
        "TgiRequest, ''",
        "TgiParameters, parameters."
    })
    void everyFieldIsTreatedAsDescribed(String schema, String before) {
        JsonObject properties = service.properties(schema);
        JsonObject strange = new JsonObject().put("no", new JsonObject().put("no", 1));
        for (String name : properties.fieldNames()) {
            JsonObject field = properties.getJsonObject(name);
            TestService.Reply reply = send(schema, name, strange);
            String error = reply.status() == 200 ? "" : reply.json().getString("error");
            switch (field.getString("x-treatment")) {
                case "honoured" -> {
                    if (reply.status() != 200) {
                        assertThat(error)
                                .as(name)
                                .contains(name)
                                .doesNotContainPattern("unknown field " + before + name + "(?![.\\w])");
                    }
                }
                case "no effect" -> assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                case "refused" ->
                    assertThat(error).isEqualTo(before + name + " is not supported; " + field.getString("description"));
                case "default only" -> {
                    assertThat(error).startsWith(before + name + " must be ");
                    for (Object value :
                            field.getJsonArray("anyOf").getJsonObject(0).getJsonArray("enum")) {
                        assertThat(send(schema, name, value).status()).as(name).isEqualTo(200);
                    }
                }
                default -> throw new AssertionError(field.encode());
            }
        }
    }

    @Test
    void theTablesOfOllamaAreWhatTheServiceSays() throws IOException {
        FieldTables.check("docs/ollama.md", "OllamaGenerateRequest", service.properties("OllamaGenerateRequest"));
        FieldTables.check("docs/ollama.md", "OllamaChatRequest", service.properties("OllamaChatRequest"));
        FieldTables.check("docs/ollama.md", "OllamaOptions", service.properties("OllamaOptions"));
    }

    @Test
    void theTablesOfEndpointsAreWhatTheServiceSays() throws IOException {
        FieldTables.check("docs/endpoints.md", "TgiRequest", service.properties("TgiRequest"));
        FieldTables.check("docs/endpoints.md", "TgiParameters", service.properties("TgiParameters"));
    }

    /** Tables in documents, between two comments with the name of a schema. */
    static final class FieldTables {
        private FieldTables() {}

        static void check(String document, String schema, JsonObject properties) throws IOException {
            String mark = "<!-- written by OllamaDocumentTest from " + schema + " -->\n";
            StringBuilder table = new StringBuilder("| field | what becomes of it |\n|---|---|\n");
            properties.fieldNames().stream()
                    .sorted()
                    .forEach(name -> table.append("| `")
                            .append(name)
                            .append("` | ")
                            .append(FieldsDocumentTest.told(properties.getJsonObject(name))
                                    .replace("|", "\\|"))
                            .append(" |\n"));
            String text = Documents.text(document);
            assertThat(text).contains(mark);
            int begin = text.indexOf(mark) + mark.length();
            int end = text.indexOf(mark, begin);
            if (System.getProperty("tramontane.documents", "").equals("write")) {
                Files.writeString(
                        Documents.root().resolve(document), text.substring(0, begin) + table + text.substring(end));
                return;
            }
            assertThat(text.substring(begin, end))
                    .as("run this test with -Dtramontane.documents=write")
                    .isEqualTo(table.toString());
        }
    }
}
