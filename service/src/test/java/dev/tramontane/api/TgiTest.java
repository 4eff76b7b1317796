package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.page.ChatPage;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.model.SamplingParameter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of inference endpoints: a text goes in at the root, and text-generation-inference's routes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TgiTest {
    private final ScriptedEngine engine = new ScriptedEngine("Grüße!");
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.running(engine, TestService.CONFIG);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private JsonObject generated(String parameters) {
        TestService.Reply reply =
                service.post("/generate", "{\"inputs\": \"hi\", \"parameters\": {" + parameters + "}}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json();
    }

    private static List<JsonObject> events(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.header("content-type")).startsWith("text/event-stream");
        List<JsonObject> events = new ArrayList<>();
        for (String line : reply.body().lines().toList()) {
            if (!line.isEmpty()) {
                assertThat(line).startsWith("data:{");
                events.add(new JsonObject(line.substring("data:".length())));
            }
        }
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).getInteger("index")).isEqualTo(i + 1);
            assertThat(events.get(i).getValue("generated_text") != null).isEqualTo(i == events.size() - 1);
        }
        return events;
    }

    private static String joined(List<JsonObject> events) {
        StringBuilder all = new StringBuilder();
        events.forEach(event -> all.append(event.getJsonObject("token").getString("text")));
        return all.toString();
    }

    @Test
    void theRootAnswersAListWithTheWholeText() {
        assertThat(new JsonArray(service.post("/", "{\"inputs\": \"hi\"}").body()))
                .isEqualTo(new JsonArray("[{\"generated_text\": \"hiGrüße!\"}]"));
        assertThat(new JsonArray(service.post(
                                "/",
                                "{\"inputs\": \"hi\", \"stream\": false, \"parameters\": {\"return_full_text\": false,"
                                        + " \"max_new_tokens\": 2, \"adapter_id\": null}}")
                        .body()))
                .isEqualTo(new JsonArray("[{\"generated_text\": \"Gr\"}]"));
        assertThat(generated("\"return_full_text\": true").getString("generated_text"))
                .isEqualTo("hiGrüße!");
        assertThat(generated("")).isEqualTo(new JsonObject("{\"generated_text\": \"Grüße!\"}"));
    }

    @Test
    void detailsTellTokensAndTheEnd() {
        JsonObject details = generated("\"details\": true, \"decoder_input_details\": true, \"top_n_tokens\": 2")
                .getJsonObject("details");
        assertThat(details.getString("finish_reason")).isEqualTo("eos_token");
        assertThat(details.getInteger("generated_tokens")).isEqualTo(9);
        assertThat(details.getValue("seed")).isNull();
        assertThat(details.getJsonArray("prefill")).hasSize(2);
        assertThat(details.getJsonArray("prefill").getJsonObject(0).getValue("logprob"))
                .isNull();
        StringBuilder text = new StringBuilder();
        details.getJsonArray("tokens").forEach(token -> text.append(((JsonObject) token).getString("text")));
        assertThat(text).hasToString("Grüße!");
        assertThat(details.getJsonArray("top_tokens").getJsonArray(0)).hasSize(2);
        assertThat(generated("\"details\": true, \"max_new_tokens\": 1")
                        .getJsonObject("details")
                        .getString("finish_reason"))
                .isEqualTo("length");
        JsonObject stopped = generated("\"details\": true, \"stop\": [\"ß\"]");
        assertThat(stopped.getString("generated_text")).isEqualTo("Grüß");
        assertThat(stopped.getJsonObject("details").getString("finish_reason")).isEqualTo("stop_sequence");
    }

    @Test
    void aStreamIsItsTokensAndTheLastHasTheText() {
        List<JsonObject> events = events(service.post(
                "/generate_stream",
                "{\"inputs\": \"hi\", \"parameters\": {\"top_n_tokens\": 1, \"seed\": 7, \"do_sample\": true}}"));
        assertThat(joined(events)).isEqualTo("Grüße!");
        JsonObject first = events.getFirst();
        assertThat(first.getJsonObject("token").getString("text")).isEqualTo("G");
        assertThat(first.getJsonObject("token").getInteger("id")).isEqualTo('G');
        assertThat(first.getJsonObject("token").getBoolean("special")).isFalse();
        assertThat(first.getJsonObject("token").getDouble("logprob")).isNotNull();
        assertThat(first.getJsonArray("top_tokens")).hasSize(1);
        assertThat(events.getLast().getString("generated_text")).isEqualTo("Grüße!");
        assertThat(events.getLast().getJsonObject("details"))
                .isEqualTo(
                        new JsonObject(
                                "{\"finish_reason\": \"eos_token\", \"generated_tokens\": 9, \"seed\": 7, \"input_length\": 2}"));
        List<JsonObject> atRoot = events(service.post("/", "{\"inputs\": \"hi\", \"stream\": true}"));
        assertThat(joined(atRoot)).isEqualTo("Grüße!");
        assertThat(atRoot.getLast().getString("generated_text")).isEqualTo("hiGrüße!");
    }

    /** It has an event all the same, for its end is told with one. */
    @Test
    void aTextWithoutTokensIsAnEvent() {
        try (TestService other = TestService.of("")) {
            List<JsonObject> events = events(other.post("/generate_stream", "{\"inputs\": \"hi\"}"));
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().getJsonObject("token").getBoolean("special"))
                    .isTrue();
            assertThat(events.getFirst().getString("generated_text")).isEmpty();
        }
    }

    /** Of which its last event has all: that is kept, and weighed. */
    @Test
    void aStreamHoldsNoMoreThanItMay() {
        try (TestService other = TestService.holding(new ScriptedEngine(at -> 'a'), new RequestMemory(64 << 10))) {
            String body = "{\"inputs\": \"hi\", \"parameters\": {\"max_new_tokens\": ";
            assertThat(events(other.post("/generate_stream", body + "100}}"))
                            .getLast()
                            .getString("generated_text"))
                    .hasSize(100);
            TestService.eventually().until(() -> other.memory.held() == 0);
            TestService.Reply cut = other.post("/generate_stream", body + "4000}}");
            assertThat(cut.status()).isEqualTo(200);
            assertThat(cut.body()).contains("takes more memory than all requests may hold together");
            TestService.eventually().until(() -> other.memory.held() == 0);
        }
    }

    @Test
    void chanceIsAskedFor() {
        generated("");
        assertThat(engine.runs.getLast().submission.sampling().value(SamplingParameter.TEMPERATURE))
                .isZero();
        generated("\"do_sample\": true");
        assertThat(engine.runs.getLast().submission.sampling().value(SamplingParameter.TEMPERATURE))
                .isEqualTo(1);
        generated("\"top_k\": 5, \"repetition_penalty\": 1.25, \"frequency_penalty\": 0.5, \"seed\": 3");
        assertThat(engine.runs.getLast().submission.sampling().value(SamplingParameter.TOP_K))
                .isEqualTo(5);
        assertThat(engine.runs.getLast().submission.sampling().value(SamplingParameter.REPETITION_PENALTY))
                .isEqualTo(1.25);
        assertThat(engine.runs.getLast().submission.sampling().seed()).isEqualTo(3);
        JsonObject details = generated("\"do_sample\": true, \"details\": true").getJsonObject("details");
        assertThat(details.getLong("seed")).isNotNegative();
    }

    @Test
    void theLikeliestOfSeveralIsTold() {
        try (TestService other = TestService.of("a", "bc")) {
            JsonObject reply = other.post(
                            "/generate",
                            "{\"inputs\": \"hi\", \"parameters\": {\"best_of\": 2, \"do_sample\": true, \"details\": true}}")
                    .json();
            JsonArray others = reply.getJsonObject("details").getJsonArray("best_of_sequences");
            assertThat(others).hasSize(1);
            assertThat(reply.getJsonObject("details").getLong("seed")
                            - others.getJsonObject(0).getLong("seed"))
                    .isIn(-1L, 1L);
            assertThat(List.of(
                            reply.getString("generated_text"),
                            others.getJsonObject(0).getString("generated_text")))
                    .containsExactlyInAnyOrder("a", "bc");
        }
    }

    @Test
    void infoTellsTheLimits() {
        JsonObject info = service.get("/info").json();
        assertThat(info.getString("model_id")).isEqualTo(TestService.MODEL);
        assertThat(info.getString("model_pipeline_tag")).isEqualTo("text-generation");
        assertThat(info.getInteger("max_total_tokens")).isEqualTo(ScriptedEngine.CONTEXT);
        assertThat(info.getString("version")).isEqualTo("1.2.3");
    }

    /** Hugging Face's client names no model where it knows an address, and calls a schema a value. */
    @Test
    void chatsOfItsClient() {
        for (String name : List.of("tgi", "dummy")) {
            assertThat(service.chat(TestService.chatBody(new JsonObject().put("model", name)))
                            .json()
                            .getString("model"))
                    .isEqualTo(TestService.MODEL);
        }
        JsonObject form = new JsonObject(
                "{\"response_format\": {\"type\": \"json_object\", \"value\": {\"type\": \"nothing\"}}}");
        assertThat(service.chat(TestService.chatBody(form)).error().getString("param"))
                .startsWith("response_format.value");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /generate | {} | inputs is missing
            / | {"inputs": ["a"]} | inputs must be a string
            / | {"inputs": "a", "options": {}} | unknown field options
            / | {"inputs": "a", "stream": 1} | stream must be true or false
            /generate | {"inputs": "a", "stream": true} | stream must be false or left out
            /generate | {"inputs": "a", "parameters": []} | parameters must be an object
            /generate | {"inputs": "a", "parameters": {"max_new_tokens": 0}} | parameters.max_new_tokens must be
            /generate | {"inputs": "a", "parameters": {"truncate": 5}} | parameters.truncate is not supported; send a text that fits
            /generate | {"inputs": "a", "parameters": {"typical_p": 0.5}} | parameters.typical_p is not supported
            /generate | {"inputs": "a", "parameters": {"watermark": true}} | parameters.watermark must be false
            /generate | {"inputs": "a", "parameters": {"best_of": 2}} | parameters.best_of above 1 needs do_sample
            /generate | {"inputs": "a", "parameters": {"best_of": 99}} | parameters.best_of must be
            /generate | {"inputs": "a", "parameters": {"temperature": -1}} | parameters.temperature must be
            /generate | {"inputs": "a", "parameters": {"tokens": 1}} | unknown field parameters.tokens
            /generate | {"inputs": "a", "parameters": {"grammar": {"type": "bnf", "value": "a"}}} | parameters.grammar.type must be json, json_schema or regex
            /generate | {"inputs": "a", "parameters": {"grammar": {"type": "regex"}}} | parameters.grammar.value is missing
            /generate | {"inputs": "a", "parameters": {"grammar": {"type": "regex", "value": "("}}} | parameters.grammar.value
            /generate | {"inputs": "a", "parameters": {"grammar": {"type": "json", "value": "{"}}} | parameters.grammar.value
            /generate | {"inputs": "a", "parameters": {"grammar": {"type": "json_schema", "value": {"schema": {"type": "x"}}}}} | parameters.grammar.value.schema
            /generate_stream | {"inputs": "a", "parameters": {"decoder_input_details": true}} | parameters.decoder_input_details cannot be streamed
            """)
    void whatIsWrongIsNamedInItsShape(String path, String body, String words) {
        TestService.Reply reply = service.post(path, body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.json().fieldNames()).containsExactly("error", "error_type");
        assertThat(reply.json().getString("error")).contains(words);
        assertThat(reply.json().getString("error_type")).isEqualTo("validation");
    }

    /** A path is one however it is spelled. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/generate/",
                "//generate",
                "/%67enerate",
                "/x/../generate",
                "/generate_stream//",
                "/./info",
                "//"
            })
    void itsShapeIsOfEverySpelling(String path) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            JsonObject error = client.send(RawClient.post(path, "{\"inputs\": 5}"))
                    .answer()
                    .json();
            assertThat(error.fieldNames()).as(path).containsExactly("error", "error_type");
        }
    }

    @Test
    void whatFailsOnTheWayIsAnEvent() {
        ScriptedEngine failing = new ScriptedEngine(at -> at < 3 ? 'a' : ScriptedEngine.FAIL);
        try (TestService other = TestService.running(failing, TestService.CONFIG)) {
            TestService.Reply reply = other.post("/generate_stream", "{\"inputs\": \"hi\"}");
            String last = reply.body().strip().lines().toList().getLast();
            JsonObject error = new JsonObject(last.substring("data:".length()));
            assertThat(error.getString("error_type")).isEqualTo("generation");
            assertThat(error.getString("error")).isNotEmpty();
        }
    }

    /** The page at the root is for everybody; what is generated there is not. */
    @Test
    void theRootAsksForAKey() throws IOException {
        Doorkeeper keys = Doorkeeper.of(new KeyRing(List.of(), System::nanoTime), KeyObserver.NONE);
        try (TestService other = TestService.keyed(keys, new ScriptedEngine("a"))) {
            ApiRoutes root =
                    endpoints -> endpoints.post("/", context -> Replies.json(context, 200, Buffer.buffer("[]")));
            HttpService both = new HttpService(
                    other.vertx, TestService.CONFIG, List.of(root, new ChatPage()), HttpObserver.NONE, keys);
            int port = both.start().await();
            try (RawClient client = new RawClient(port)) {
                assertThat(client.send(RawClient.get("/")).answer().status()).isEqualTo(200);
            }
            for (String path : List.of("/", "//", "/?x=/livez", "/%2e")) {
                try (RawClient client = new RawClient(port)) {
                    assertThat(client.send(RawClient.post(path, "{}")).answer().status())
                            .as(path)
                            .isEqualTo(401);
                }
            }
            for (String path : List.of("/", "/generate", "/generate_stream")) {
                TestService.Reply reply = other.post(path, "{\"inputs\": \"hi\"}");
                assertThat(reply.status()).as(path).isEqualTo(401);
                assertThat(reply.json().getString("error_type")).isEqualTo("validation");
            }
            assertThat(other.post("/ping", "").status()).isEqualTo(200);
            assertThat(other.post("/livez", "").status()).isEqualTo(405);
        }
    }
}
