package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The documents against the service: every field is treated as its description says, the table of them is what it says,
 * every limit that is stated holds. After a change of the table, {@code -Dtramontane.documents=write} writes docs/fields.md.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FieldsDocumentTest {
    private static final String FIELDS = "docs/fields.md";
    private static final String TABLE = "<!-- written by FieldsDocumentTest from RequestFields -->\n";

    private final String document = Documents.text("docs/http.md");
    /** Fields that are JSON schemas: almost any object is one, as far as a body is read. */
    private static final Set<String> SCHEMAS = Set.of("guided_json", "json_schema");

    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private TestService.Reply send(String schema, JsonObject more) {
        if (schema.equals("ResponseRequest")) {
            return service.post(
                    "/v1/responses",
                    new JsonObject().put("input", "p").mergeIn(more).encode());
        }
        return schema.equals("ChatRequest")
                ? service.chat(TestService.chatBody(more))
                : service.post(
                        schema.equals("FimRequest") ? "/v1/fim/completions" : "/v1/completions",
                        TestService.body("p", more).encode());
    }

    /** Every field is treated as the description of the API says. */
    @ParameterizedTest
    @ValueSource(strings = {"ChatRequest", "CompletionRequest", "FimRequest", "ResponseRequest"})
    void everyFieldIsTreatedAsDescribed(String schema) {
        JsonObject properties = service.properties(schema);
        assertThat(properties.fieldNames()).hasSizeGreaterThan(40);
        JsonObject strange = new JsonObject().put("no", new JsonObject().put("no", 1));
        for (String name : properties.fieldNames()) {
            JsonObject field = properties.getJsonObject(name);
            TestService.Reply reply = send(schema, new JsonObject().put(name, strange));
            switch (field.getString("x-treatment")) {
                case "honoured" -> {
                    if (reply.status() != 200) {
                        assertThat(reply.error().getString("message"))
                                .as(name)
                                .doesNotContainPattern("unknown field " + name + "(?![.\\w])");
                        // Schemas are looked at once the prompt is: this vocabulary fills no gaps, and that is said
                        // first.
                        if (!(schema.equals("FimRequest") && SCHEMAS.contains(name))) {
                            assertThat(reply.error().getString("param")).startsWith(name);
                        }
                    }
                }
                case "no effect" -> assertThat(reply.status()).as(name).isEqualTo(answered(schema));
                case "refused" -> {
                    assertThat(reply.status()).as(name).isEqualTo(400);
                    assertThat(reply.error().getString("param")).isEqualTo(name);
                    assertThat(reply.error().getString("message"))
                            .isEqualTo(name + " is not supported; " + field.getString("description"));
                }
                case "default only" -> {
                    assertThat(reply.status()).as(name).isEqualTo(400);
                    assertThat(reply.error().getString("param")).isEqualTo(name);
                    for (Object value :
                            field.getJsonArray("anyOf").getJsonObject(0).getJsonArray("enum")) {
                        assertThat(send(schema, new JsonObject().put(name, value))
                                        .status())
                                .as(name)
                                .isEqualTo(answered(schema));
                    }
                }
                default -> throw new AssertionError(field.encode());
            }
        }
    }

    /** This vocabulary has no tokens for gaps, which is told after every field has been read. */
    private static int answered(String schema) {
        return schema.equals("FimRequest") ? 400 : 200;
    }

    /** What OpenAI's and Mistral's clients can send, and the extras of other servers that people use. */
    @Test
    void everyFieldOfTheClientsIsKnown() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                FieldsDocumentTest.class.getResourceAsStream("/clients/fields.txt"), "clients/fields.txt")) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(line -> {
                        String[] words = line.split(" +");
                        assertThat(service.properties(words[1]).fieldNames())
                                .as(words[0])
                                .containsAll(List.of(words).subList(2, words.length));
                    });
        }
    }

    @Test
    void theTableIsWhatTheServiceSays() throws IOException {
        Map<String, Map<String, JsonObject>> fields = new TreeMap<>();
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("ChatRequest", "chat");
        columns.put("CompletionRequest", "completions");
        columns.put("FimRequest", "fim");
        columns.put("ResponseRequest", "responses");
        columns.keySet().forEach(schema -> {
            JsonObject properties = service.properties(schema);
            properties
                    .fieldNames()
                    .forEach(name -> fields.computeIfAbsent(name, each -> new LinkedHashMap<>())
                            .put(schema, properties.getJsonObject(name)));
        });
        StringBuilder table = new StringBuilder("| field | at | what becomes of it |\n|---|---|---|\n");
        fields.forEach((name, places) -> {
            Map<String, List<String>> meanings = new LinkedHashMap<>();
            places.forEach((schema, field) -> meanings.computeIfAbsent(told(field), each -> new ArrayList<>())
                    .add(columns.getOrDefault(schema, "")));
            meanings.forEach((meaning, at) -> table.append("| `")
                    .append(name)
                    .append("` | ")
                    .append(at.size() == columns.size() ? "all" : String.join(", ", at))
                    .append(" | ")
                    .append(meaning.replace("|", "\\|"))
                    .append(" |\n"));
        });
        String text = Documents.text(FIELDS);
        int begin = text.indexOf(TABLE) + TABLE.length();
        int end = text.indexOf(TABLE, begin);
        if (System.getProperty("tramontane.documents", "").equals("write")) {
            Files.writeString(Documents.root().resolve(FIELDS), text.substring(0, begin) + table + text.substring(end));
            return;
        }
        assertThat(text.substring(begin, end))
                .as("run this test with -Dtramontane.documents=write")
                .isEqualTo(table.toString());
    }

    static String told(JsonObject field) {
        String words = field.getString("description");
        return switch (field.getString("x-treatment")) {
            case "refused" -> "refused: " + words;
            case "no effect" -> "taken, without effect: " + words;
            case "default only" ->
                "only "
                        + field.getJsonArray("anyOf").getJsonObject(0).getJsonArray("enum").stream()
                                .map(value -> value instanceof String text ? '"' + text + '"' : String.valueOf(value))
                                .collect(Collectors.joining(" or "))
                        + ": " + words;
            default -> range(field) + words;
        };
    }

    private static String range(JsonObject field) {
        Object least = field.getValue("minimum");
        Object most = field.getValue("maximum");
        boolean told = least != null && most != null && ((Number) most).doubleValue() < Integer.MAX_VALUE;
        return told ? least + " to " + most + ": " : "";
    }

    @Test
    void theLimitsAreThoseOfTheDefaults() {
        TransportLimits limits = TransportLimits.DEFAULT;
        assertThat(document.replaceAll("\\s+", " "))
                .contains(String.format(
                        Locale.ROOT,
                        "Limits by default: body %d MiB within %d seconds, head %d KiB, path %d KiB, JSON depth 64, %,d"
                                + " connections",
                        limits.bodyBytes() >> 20,
                        limits.bodyTime().toSeconds(),
                        limits.headerBytes() >> 10,
                        limits.lineBytes() >> 10,
                        limits.connections()));
    }
}
