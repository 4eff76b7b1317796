package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.responses.CreateReader;
import dev.tramontane.api.responses.History;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.model.SamplingDefaults;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of fields has what the code reads and nothing else, so what is made of it (the API's description) is true. */
class FieldTableTest {

    /** Each endpoint has looked for the model before it parses. */
    private static JsonFields fields(String json) {
        JsonFields fields = new JsonFields(JsonReader.object(json.getBytes(StandardCharsets.UTF_8)));
        assertThat(fields.string("model")).isNull();
        return fields;
    }

    private static Set<String> table(RequestField.Endpoint endpoint) {
        return RequestFields.of(endpoint).map(RequestField::name).collect(Collectors.toSet());
    }

    @Test
    void hasWhatChatsRead() {
        JsonFields fields = fields("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}");
        ChatRequest.parse(fields, ApiConfig.DEFAULT, SamplingDefaults.NEUTRAL, null);
        assertThat(table(RequestField.Endpoint.CHAT)).isEqualTo(fields.known());
    }

    @Test
    void hasWhatCompletionsRead() {
        JsonFields fields = fields("{\"prompt\": \"p\"}");
        CompletionRequest.parse(fields, RequestLimits.DEFAULT, SamplingDefaults.NEUTRAL, AnswerStyle.PLAIN);
        assertThat(table(RequestField.Endpoint.COMPLETIONS)).isEqualTo(fields.known());
    }

    @Test
    void hasWhatGapsRead() {
        JsonFields fields = fields("{\"prompt\": \"p\"}");
        FimRequest.parse(fields, RequestLimits.DEFAULT, SamplingDefaults.NEUTRAL);
        assertThat(table(RequestField.Endpoint.FIM)).isEqualTo(fields.known());
    }

    @Test
    void hasWhatResponsesRead() {
        JsonFields fields = fields("{\"input\": \"p\"}");
        CreateReader.read(
                fields, RequestLimits.DEFAULT, SamplingDefaults.NEUTRAL, History.NONE, urgency -> urgency.from(0));
        assertThat(table(RequestField.Endpoint.RESPONSES)).isEqualTo(fields.known());
    }

    @Test
    void noNameStandsTwiceAtAnEndpoint() {
        for (RequestField.Endpoint endpoint : RequestField.Endpoint.values()) {
            assertThat(RequestFields.of(endpoint).map(RequestField::name)).doesNotHaveDuplicates();
        }
    }

    /** The bodies of the routes for tokens stand in the document by hand. */
    @Test
    void theDocumentHasWhatTheRoutesForTokensRead() throws IOException {
        JsonFields chat = fields("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}");
        TokenizeRequest.parse(chat, ApiConfig.DEFAULT);
        JsonFields text = fields("{\"prompt\": \"p\"}");
        TokenizeRequest.parse(text, ApiConfig.DEFAULT);
        assertThat(chat.known()).containsAll(text.known());
        assertThat(properties("TokenizeRequest")).isEqualTo(chat.known());
        JsonFields ids = fields("{\"tokens\": [1]}");
        DetokenizeRequest.parse(ids, RequestLimits.DEFAULT);
        assertThat(properties("DetokenizeRequest")).isEqualTo(ids.known());
    }

    private static Set<String> properties(String schema) throws IOException {
        try (InputStream in = Objects.requireNonNull(FieldTableTest.class.getResourceAsStream("/openapi.json"))) {
            return new JsonObject(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .getJsonObject("components")
                    .getJsonObject("schemas")
                    .getJsonObject(schema)
                    .getJsonObject("properties")
                    .fieldNames();
        }
    }

    /** In a class loader of its own each, as when the first request of a server wants it: tables must not wait for each other. */
    @ParameterizedTest
    @ValueSource(strings = {"RequestFields", "ResponseFields", "RequestField"})
    void anyOfTheTablesMayBeWantedFirst(String first) throws Exception {
        List<URL> places = new ArrayList<>();
        for (String place : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            places.add(Path.of(place).toUri().toURL());
        }
        try (URLClassLoader loader =
                new URLClassLoader(places.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            String here = RequestFields.class.getPackageName() + '.';
            Class.forName(here + first, true, loader);
            Class.forName(here + "RequestFields", true, loader);
            Class.forName(here + "ResponseFields", true, loader);
        }
    }
}
