package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code /openapi.json} says of answers is true of answers with words, thoughts and calls, whole and streamed, and says all of them. */
final class DescribedAnswersTest {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final ChatLayout LAYOUT = MistralLayout.of(MistralVersion.V13);
    private static final String THOUGHT = "«[THINK]»Hm, Brest.«[/THINK]»";
    private static final String CALLS = "«[TOOL_CALLS]»weather«[ARGS]»{\"city\": \"Brest\"}«[TOOL_CALLS]»now«[ARGS]»{}";
    private static final JsonArray TOOLS = new JsonArray("""
            [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}},
             {"type": "function", "function": {"name": "now"}}]""");
    private static final Map<String, Schema> SCHEMAS = new HashMap<>();

    private static TestService service;
    private static JsonObject document;

    @BeforeAll
    static void serve() {
        service = TestService.playing(
                Script.mistral()
                        .when("all", THOUGHT + "Let me see." + CALLS)
                        .when("call", CALLS)
                        .when("think", THOUGHT + "Fine.")
                        .when("document", "{\"a\": 1}")
                        .when("hello", "Hello."),
                LAYOUT);
        document = service.get("/openapi.json").json();
    }

    @AfterAll
    static void end() {
        service.close();
    }

    private static JsonObject schemas() {
        return document.getJsonObject("components").getJsonObject("schemas");
    }

    private static List<String> faults(String name, JsonObject answer) {
        Schema schema = SCHEMAS.computeIfAbsent(name, wanted -> {
            JsonObject whole = JsonObject.of(
                    "$ref", "#/components/schemas/" + wanted, "components", JsonObject.of("schemas", schemas()));
            return REGISTRY.getSchema(whole.encode(), InputFormat.JSON);
        });
        return schema.validate(answer.encode(), InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }

    private static void isDescribed(String name, JsonObject answer) {
        assertThat(faults(name, answer)).as("%s: %s", name, answer.encode()).isEmpty();
    }

    /** The schema that a route's description names, of one kind of answer. */
    private static String described(String path, String verb, String content) {
        JsonObject body = document.getJsonObject("paths")
                .getJsonObject(path)
                .getJsonObject(verb)
                .getJsonObject("responses")
                .getJsonObject("200")
                .getJsonObject("content")
                .getJsonObject(content);
        JsonObject named = body.getJsonObject(content.equals("application/json") ? "schema" : "x-events");
        return named.getString("$ref").substring("#/components/schemas/".length());
    }

    private static JsonObject whole(String path, JsonObject body) {
        TestService.Reply reply = service.post(path, body.encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        isDescribed(described(path, "post", "application/json"), reply.json());
        return reply.json();
    }

    private static List<JsonObject> streamed(String path, JsonObject body) {
        TestService.Reply reply =
                service.post(path, body.copy().put("stream", true).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        List<JsonObject> events = path.endsWith("responses")
                ? NumberedEvents.of(reply.body()).stream()
                        .map(NumberedEvents::json)
                        .toList()
                : reply.events();
        events.forEach(event -> isDescribed(described(path, "post", "text/event-stream"), event));
        return events;
    }

    private static JsonObject chat(String says) {
        return JsonObject.of(
                "messages",
                JsonArray.of(JsonObject.of("role", "user", "content", says)),
                "tools",
                TOOLS,
                "max_tokens",
                120);
    }

    private static List<String> said(String fields) {
        return fields.equals("{}") ? List.of("all", "call", "think", "hello") : List.of("all", "call");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"reasoning_format\": \"thinking_chunks\"}",
                "{\"logprobs\": true, \"top_logprobs\": 2, \"return_token_ids\": true}",
                "{\"max_tokens\": 7}",
                "{\"max_tokens\": 7, \"reasoning_format\": \"thinking_chunks\"}",
                "{\"n\": 2, \"prompt_logprobs\": 1}",
                "{\"stream_options\": {\"include_usage\": true, \"continuous_usage_stats\": true}}",
            })
    void chats(String fields) {
        for (String says : said(fields)) {
            JsonObject body = chat(says).mergeIn(new JsonObject(fields));
            if (!body.containsKey("stream_options")) {
                whole("/v1/chat/completions", body);
            }
            if (!body.containsKey("prompt_logprobs")) {
                streamed("/v1/chat/completions", body);
            }
        }
    }

    /** Nothing passes that is not described. */
    @Test
    void whatIsNotDescribedIsFound() {
        JsonObject answer = whole("/v1/chat/completions", chat("all"));
        JsonObject message = answer.getJsonArray("choices").getJsonObject(0).getJsonObject("message");
        message.put("thoughts", "Hm.");
        assertThat(faults("ChatCompletion", answer)).isNotEmpty();
        message.remove("thoughts");
        message.getJsonArray("tool_calls")
                .getJsonObject(1)
                .getJsonObject("function")
                .remove("arguments");
        assertThat(faults("ChatCompletion", answer)).isNotEmpty();
        JsonObject response = whole("/v1/responses", JsonObject.of("input", "all", "tools", TOOLS));
        response.getJsonArray("output").getJsonObject(2).remove("call_id");
        assertThat(faults("Response", response)).isNotEmpty();
    }

    @Test
    void documentsOfChats() {
        JsonObject body = chat("document").put("response_format", JsonObject.of("type", "json_object"));
        body.remove("tools");
        whole("/v1/chat/completions", body);
        streamed("/v1/chat/completions", body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"max_output_tokens\": 7}",
                "{\"max_tool_calls\": 2, \"reasoning\": {\"summary\": \"auto\"}, \"metadata\": {\"k\": \"v\"}, \"instructions\": \"x\"}",
                "{\"background\": true}",
            })
    void responses(String fields) {
        for (String says : said(fields)) {
            JsonObject body = JsonObject.of("input", says, "tools", TOOLS).mergeIn(new JsonObject(fields));
            JsonObject response = whole("/v1/responses", body);
            isDescribed(
                    described("/v1/responses/{id}", "get", "application/json"),
                    service.get("/v1/responses/" + response.getString("id")).json());
            streamed("/v1/responses", body);
        }
    }

    @Test
    void documentsOfResponses() {
        for (String format : List.of(
                "{\"type\": \"json_object\"}",
                "{\"type\": \"json_schema\", \"name\": \"x\", \"schema\": {\"type\": \"object\"}}")) {
            JsonObject body =
                    JsonObject.of("input", "document", "text", JsonObject.of("format", new JsonObject(format)));
            whole("/v1/responses", body);
            streamed("/v1/responses", body);
        }
    }

    /** No event is described that none sends, but those of failures and of sockets. */
    @Test
    void everyDescribedEventComes() {
        Set<String> told = new TreeSet<>();
        for (JsonObject body : List.of(
                JsonObject.of("input", "all", "tools", TOOLS),
                JsonObject.of("input", "all", "tools", TOOLS, "max_output_tokens", 7),
                JsonObject.of("input", "all", "tools", TOOLS, "background", true))) {
            streamed("/v1/responses", body).forEach(event -> told.add(event.getString("type")));
        }
        List<String> described = new ArrayList<>();
        for (Object event : schemas().getJsonObject("ResponseEvent").getJsonArray("anyOf")) {
            JsonObject type = ((JsonObject) event).getJsonObject("properties").getJsonObject("type");
            type.getJsonArray("enum").forEach(name -> described.add((String) name));
        }
        described.removeAll(List.of("response.failed", "response.steer.accepted"));
        assertThat(told).containsExactlyInAnyOrderElementsOf(described);
    }
}
