package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.Script;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * docs/asyncapi.json against what is really sent and taken: every event that comes has a schema, which has all of its
 * fields, and every schema has an event; every message's examples are taken, and nothing else.
 */
class AsyncApiTest {
    private static final Path FILE = Path.of("../docs/asyncapi.json");
    private static final JsonObject FILE_TEXT = read();
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7);
    private static final Map<String, Schema> SCHEMAS = new HashMap<>();

    private static JsonObject read() {
        try {
            return new JsonObject(Files.readString(FILE, StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    /** Fields that it does not know are wrong here, though clients are to pass over them. */
    private static void close(JsonObject schema) {
        if (schema.containsKey("properties") && !schema.containsKey("additionalProperties")) {
            schema.put("additionalProperties", false);
        }
        for (Map.Entry<String, Object> member : schema) {
            if (member.getValue() instanceof JsonObject inner) {
                close(inner);
            } else if (member.getValue() instanceof JsonArray list) {
                list.stream().filter(JsonObject.class::isInstance).forEach(inner -> close((JsonObject) inner));
            }
        }
    }

    private static Schema schema(String name) {
        return SCHEMAS.computeIfAbsent(name, wanted -> {
            JsonObject schemas = FILE_TEXT.copy().getJsonObject("components").getJsonObject("schemas");
            for (Map.Entry<String, Object> each : schemas) {
                close((JsonObject) each.getValue());
            }
            JsonObject whole = JsonObject.of(
                    "$schema",
                    "http://json-schema.org/draft-07/schema#",
                    "components",
                    JsonObject.of("schemas", schemas),
                    "allOf",
                    JsonArray.of(JsonObject.of("$ref", "#/components/schemas/" + wanted)));
            return REGISTRY.getSchema(whole.encode(), InputFormat.JSON);
        });
    }

    private static List<String> faults(String name, JsonObject message) {
        return schema(name).validate(message.encode(), InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }

    /** Names of the messages of one direction, by their {@code type}. */
    private static Map<String, String> messages(String operation) {
        Map<String, String> byType = new HashMap<>();
        JsonObject messages = FILE_TEXT.getJsonObject("components").getJsonObject("messages");
        FILE_TEXT
                .getJsonObject("operations")
                .getJsonObject(operation)
                .getJsonArray("messages")
                .forEach(reference -> {
                    String path = ((JsonObject) reference).getString("$ref");
                    String name = path.substring(path.lastIndexOf('/') + 1);
                    byType.put(messages.getJsonObject(name).getString("name"), name);
                });
        return byType;
    }

    private static JsonObject create() {
        return JsonObject.of("type", "response.create", "input", "go", "stream_id", "main");
    }

    private static String id(JsonObject event) {
        return event.getJsonObject("response").getString("id");
    }

    /** Answers of every kind of end, steered, refused, resumed. */
    static List<JsonObject> traffic() throws Exception {
        List<JsonObject> events = new ArrayList<>();
        ScriptedEngine engine = new ScriptedEngine("Salut, 👩‍🚀!");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create().put("metadata", JsonObject.of("k", "v")).put("instructions", "Be brief."));
            events.add(socket.event());
            socket.send(JsonObject.of(
                    "type", "response.steer", "previous_response_id", id(events.getFirst()), "input", "on"));
            while (!events.getLast().getString("type").equals("response.steer.accepted")) {
                events.add(socket.event());
            }
            served.stepping(engine::step);
            events.addAll(socket.response());
            events.addAll(socket.response());
            String last = id(events.getLast());
            socket.send(JsonObject.of("type", "response.create", "input", "go", "max_output_tokens", 1));
            events.addAll(socket.response());
            socket.send(create().put("generate", false).put("previous_response_id", last));
            events.addAll(socket.response());
            socket.send(JsonObject.of("type", "response.steer", "previous_response_id", last, "input", 5));
            events.add(socket.event());
            socket.send(JsonObject.of("type", "response.resume", "response_id", last));
            events.addAll(socket.response());
            socket.send(create().put("temperature", -1));
            events.addAll(socket.response());
            socket.send("{");
            events.addAll(socket.response());
            engine.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7));
            socket.send(create());
            events.addAll(socket.response());
        }
        events.addAll(calls());
        ScriptedEngine broken = new ScriptedEngine(at -> at < 2 ? 'x' : ScriptedEngine.FAIL);
        try (Served served = new Served(broken, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create());
            events.add(socket.event());
            String id = id(events.getLast());
            socket.send(JsonObject.of("type", "response.cancel", "response_id", id));
            events.addAll(socket.response());
            Awaitility.await().until(() -> broken.runs.getFirst().cancelled());
            served.stepping(broken::step);
            socket.send(create());
            events.addAll(socket.response());
        }
        return events;
    }

    private static boolean isCall(JsonObject event) {
        return event.getString("type").equals("response.output_item.added")
                && event.getJsonObject("item").getString("type").equals("function_call");
    }

    /** Thoughts, words and a call, and words that wait for what the tool says. */
    private static List<JsonObject> calls() throws Exception {
        List<JsonObject> events = new ArrayList<>();
        Script script = Script.mistral();
        int[] ids = script.ids("«[THINK]»Hm.«[/THINK]»So.«[TOOL_CALLS]»now«[ARGS]»{}");
        int end = script.tokenizer().controlId("</s>").orElseThrow();
        ScriptedEngine engine = new ScriptedEngine(at -> at < ids.length ? ids[at] : end);
        try (Served served =
                        new Served(engine, Served.config(), script.tokenizer(), MistralLayout.of(MistralVersion.V13));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create().put(
                            "tools",
                            new JsonArray().add(JsonObject.of("type", "function", "name", "now", "strict", false))));
            events.add(socket.event());
            Awaitility.await().until(() -> {
                engine.step();
                return engine.runs.getFirst().sampled() > ids.length - 2;
            });
            while (!isCall(events.getLast())) { // Before that it would stop at its words.
                events.add(socket.event());
            }
            socket.send(JsonObject.of(
                    "type", "response.steer", "previous_response_id", id(events.getFirst()), "input", "on"));
            while (!events.getLast().getString("type").equals("response.steer.accepted")) {
                events.add(socket.event());
            }
            served.stepping(engine::step);
            events.addAll(socket.response());
            events.add(socket.event());
        }
        return events;
    }

    @Test
    void everyEventIsDescribedAndEveryDescriptionIsSent() throws Exception {
        Map<String, String> known = messages("tell");
        Set<String> unseen = new HashSet<>(known.keySet());
        unseen.remove("response.queued"); // Of a response in the background, begun over HTTP.
        for (JsonObject event : traffic()) {
            String name = known.getOrDefault(event.getString("type"), "");
            assertThat(name).as(event.encode()).isNotEmpty();
            assertThat(faults(name, event)).as(event.encode()).isEmpty();
            unseen.remove(event.getString("type"));
        }
        assertThat(unseen).isEmpty();
    }

    static Stream<String> asked() {
        return messages("ask").keySet().stream().sorted();
    }

    static List<JsonObject> examples(String type) {
        String name = messages("ask").get(type);
        return FILE_TEXT
                .getJsonObject("components")
                .getJsonObject("messages")
                .getJsonObject(name)
                .getJsonArray("examples")
                .stream()
                .map(example -> ((JsonObject) example).getJsonObject("payload"))
                .toList();
    }

    private static JsonObject answer(RawSocket socket, JsonObject message) throws IOException {
        socket.send(message);
        JsonObject event = socket.event();
        while (!Set.of("response.completed", "response.incomplete", "error", "response.steer.failed")
                .contains(event.getString("type"))) {
            event = socket.event();
        }
        return event;
    }

    /** The word that tells that a message was understood: what it asked was done, or there was no such response. */
    private static boolean isTaken(JsonObject event) {
        String code = event.getJsonObject("error", new JsonObject()).getString("code");
        return !Set.of("error", "response.steer.failed").contains(event.getString("type"))
                || "response_not_found".equals(code);
    }

    @ParameterizedTest
    @MethodSource("asked")
    void whatTheExamplesSayIsTakenAndWhatTheSchemaForbidsIsNot(String type) throws Exception {
        String name = messages("ask").getOrDefault(type, "");
        JsonObject schema =
                FILE_TEXT.getJsonObject("components").getJsonObject("schemas").getJsonObject(name);
        Set<String> shown = new HashSet<>();
        ScriptedEngine engine = new ScriptedEngine("ok");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            for (JsonObject example : examples(type)) {
                shown.addAll(example.fieldNames());
                assertThat(faults(name, example)).as(example.encode()).isEmpty();
                JsonObject taken = answer(socket, example);
                assertThat(isTaken(taken))
                        .as(example.encode() + " " + taken.encode())
                        .isTrue();
                JsonObject strange = example.copy().put("colour", "red");
                assertThat(faults(name, strange)).isNotEmpty();
                assertThat(isTaken(answer(socket, strange)))
                        .as(strange.encode())
                        .isFalse();
                for (Object required : schema.getJsonArray("required")) {
                    JsonObject less = example.copy();
                    less.remove((String) required);
                    assertThat(faults(name, less)).isNotEmpty();
                    assertThat(isTaken(answer(socket, less))).as(less.encode()).isFalse();
                }
            }
        }
        assertThat(shown)
                .as("fields in examples")
                .isEqualTo(schema.getJsonObject("properties").fieldNames());
    }
}
