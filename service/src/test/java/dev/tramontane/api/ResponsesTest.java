package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Responses over HTTP: shapes, what is kept and for whom, background, cancellation, and every refusal. */
class ResponsesTest {
    private static final String PATH = "/v1/responses";
    private static final int EVENTS_BESIDE_DELTAS = 8;

    private final ScriptedEngine engine = new ScriptedEngine("Hi, you!");
    private TestService service = TestService.running(engine, TestService.CONFIG);

    @AfterEach
    void stop() {
        service.close();
    }

    private void serve(boolean stepping, Doorkeeper doorkeeper, ReplayLimits replay, ResponseStore store) {
        service.close();
        service = TestService.keeping(engine, stepping, doorkeeper, replay, store);
    }

    private static JsonObject input(String text) {
        return JsonObject.of("model", TestService.MODEL, "input", text);
    }

    private TestService.Reply create(JsonObject body) {
        return service.post(PATH, body.encode());
    }

    private static List<String> types(List<NumberedEvents> events) {
        return events.stream().map(NumberedEvents::type).toList();
    }

    private String prompt(int run) {
        int[] ids = engine.runs.get(run).submission.prompt();
        StringBuilder text = new StringBuilder(); // Of control tokens nothing is shown.
        IntStream.of(ids).filter(id -> id < 128).forEach(id -> text.append((char) id));
        return text.toString();
    }

    private TestService.Reply delete(String id) {
        return send("DELETE", PATH + "/" + id, "");
    }

    private TestService.Reply send(String method, String path, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        return service.send(key.isEmpty() ? request : request.header("Authorization", "Bearer " + key));
    }

    @Test
    void answersInOnePieceAndIsFoundAgain() {
        TestService.Reply reply = create(input("Hello").mergeIn(new JsonObject("""
            {"instructions": "Be brief.", "temperature": 0.5, "max_output_tokens": 20, "metadata": {"k": "v"},
             "include": ["reasoning.encrypted_content"], "stream_options": {"include_obfuscation": false}}\
            """)));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        JsonObject response = reply.json();
        assertThat(response.getString("id")).startsWith("resp_");
        assertThat(response.getString("object")).isEqualTo("response");
        assertThat(response.getString("status")).isEqualTo("completed");
        assertThat(response.getBoolean("store")).isTrue();
        assertThat(response.getBoolean("background")).isFalse();
        assertThat(response.getString("instructions")).isEqualTo("Be brief.");
        assertThat(response.getJsonObject("metadata")).isEqualTo(JsonObject.of("k", "v"));
        JsonObject item = response.getJsonArray("output").getJsonObject(0);
        assertThat(item.getJsonArray("content").getJsonObject(0).getString("text"))
                .isEqualTo("Hi, you!");
        assertThat(response.getJsonObject("usage").getInteger("output_tokens")).isEqualTo(9);
        assertThat(prompt(0)).contains("system:Be brief.").contains("user:Hello");
        assertThat(service.get(PATH + "/" + response.getString("id")).json()).isEqualTo(response);
        assertThat(service.observer.requests).contains("POST /v1/responses 200", "GET /v1/responses/{id} 200");
        TestService.eventually().until(() -> service.memory.held() == 0); // Given back once the answer is sent.
    }

    @Test
    void streamsNumberedEvents() {
        TestService.Reply reply = create(input("Hello").put("stream", true));
        List<NumberedEvents> events = NumberedEvents.of(reply.body());
        assertThat(reply.header("content-type")).startsWith("text/event-stream");
        assertThat(NumberedEvents.text(events)).isEqualTo("Hi, you!");
        assertThat(events).hasSize(8 + EVENTS_BESIDE_DELTAS);
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).id()).isEqualTo("" + i);
            assertThat(events.get(i).json().getInteger("sequence_number")).isEqualTo(i);
            assertThat(events.get(i).json().getString("type"))
                    .isEqualTo(events.get(i).type());
        }
        assertThat(types(events))
                .startsWith("response.created", "response.in_progress")
                .endsWith("response.completed");
        String id = events.getFirst().json().getJsonObject("response").getString("id");
        assertThat(service.get(PATH + "/" + id + "?stream=true&include_obfuscation=false&include[]=x")
                        .body())
                .isEqualTo(reply.body());
        assertThat(NumberedEvents.of(service.get(PATH + "/" + id + "?stream=true&starting_after=6")
                        .body()))
                .isEqualTo(events.subList(7, events.size()));
        assertThat(service.get(PATH + "/" + id + "?stream=true&starting_after=15")
                        .body())
                .isEmpty();
        HttpRequest.Builder reconnect = HttpRequest.newBuilder(URI.create(
                        "http://127.0.0.1:" + service.port + PATH + "/" + id + "?stream=true&starting_after=2"))
                .header("Last-Event-ID", "9");
        assertThat(NumberedEvents.of(service.send(reconnect).body()))
                .as("the header is the newer word")
                .isEqualTo(events.subList(10, events.size()));
    }

    @Test
    void continuesAConversation() {
        JsonObject first = create(input("one").put("instructions", "loud")).json();
        JsonObject second = create(input("two").put("previous_response_id", first.getString("id")))
                .json();
        assertThat(second.getString("previous_response_id")).isEqualTo(first.getString("id"));
        assertThat(prompt(1)).endsWith("user:oneassistant:Hi, you!user:twoassistant:");
        assertThat(prompt(1)).as("instructions are a request's own").doesNotContain("loud");
        String message = first.getJsonArray("output").getJsonObject(0).getString("id");
        create(input("")
                .put(
                        "input",
                        new JsonArray()
                                .add(JsonObject.of("type", "item_reference", "id", message))
                                .add(first.getJsonArray("output").getJsonObject(0))
                                .add(JsonObject.of("role", "user", "content", "three"))));
        assertThat(prompt(2)).contains("assistant:Hi, you!").endsWith("user:threeassistant:");
        assertThat(service.layout.last.messages()).hasSize(3);
    }

    @Test
    void listsInputItemsByPages() {
        String id = create(input("")
                        .put(
                                "input",
                                new JsonArray()
                                        .add(JsonObject.of("role", "developer", "content", "a"))
                                        .add(JsonObject.of("role", "user", "content", "b"))
                                        .add(JsonObject.of("role", "assistant", "content", "c"))))
                .json()
                .getString("id");
        String items = PATH + "/" + id + "/input_items";
        JsonObject all = service.get(items + "?order=asc").json();
        assertThat(all.getString("object")).isEqualTo("list");
        assertThat(all.getBoolean("has_more")).isFalse();
        List<JsonObject> data =
                all.getJsonArray("data").stream().map(JsonObject.class::cast).toList();
        assertThat(data).extracting(item -> item.getString("role")).containsExactly("developer", "user", "assistant");
        assertThat(data.get(1))
                .isEqualTo(new JsonObject("""
                    {"id": "%s", "type": "message", "status": "completed", "role": "user",
                     "content": [{"type": "input_text", "text": "b"}]}\
                    """.formatted(data.get(1).getString("id"))));
        JsonObject page = service.get(items + "?limit=2").json();
        assertThat(page.getJsonArray("data"))
                .isEqualTo(new JsonArray().add(data.get(2)).add(data.get(1)));
        assertThat(page.getBoolean("has_more")).isTrue();
        assertThat(page.getString("first_id")).isEqualTo(data.get(2).getString("id"));
        JsonObject rest = service.get(items + "?limit=2&after=" + page.getString("last_id"))
                .json();
        assertThat(rest.getJsonArray("data")).isEqualTo(new JsonArray().add(data.getFirst()));
        assertThat(rest.getBoolean("has_more")).isFalse();
        assertThat(service.get(items + "?limit=101").error().getString("message"))
                .contains("from 1 to 100");
        assertThat(service.get(items + "?order=up").error().getString("message"))
                .contains("asc or desc");
        assertThat(service.get(items + "?after=msg_x").error().getString("param"))
                .isEqualTo("after");
    }

    /** The engine hears of a request a moment after its client is told that it is taken. */
    private void firstStep() {
        TestService.eventually().until(() -> engine.runs.size() == 1 && engine.step());
    }

    /** Waits until what the first step said is part of the response. */
    private void hasBegun(String one) {
        TestService.eventually().until(() -> {
            JsonObject response = service.get(one).json();
            return response.getString("status").equals("in_progress")
                    && !response.getJsonArray("output").isEmpty();
        });
    }

    @Test
    void runsInTheBackground() {
        serve(false, Doorkeeper.OPEN, ReplayLimits.DEFAULT, new ResponseStore(1 << 20, Duration.ofHours(1)));
        JsonObject queued = create(input("Hello").put("background", true)).json();
        String one = PATH + "/" + queued.getString("id");
        assertThat(queued.getString("status")).isEqualTo("queued");
        assertThat(queued.getBoolean("background")).isTrue();
        firstStep();
        hasBegun(one);
        assertThat(service.get(one)
                        .json()
                        .getJsonArray("output")
                        .getJsonObject(0)
                        .getJsonArray("content")
                        .getJsonObject(0)
                        .getString("text"))
                .isEqualTo("H");
        TestService.eventually().until(() -> {
            engine.step();
            return service.get(one).json().getString("status").equals("completed");
        });
        List<NumberedEvents> events =
                NumberedEvents.of(service.get(one + "?stream=true").body());
        assertThat(types(events))
                .startsWith("response.created", "response.queued", "response.in_progress")
                .endsWith("response.completed");
        assertThat(NumberedEvents.text(events)).isEqualTo("Hi, you!");
        assertThat(create(input("x").put("background", true).put("store", false))
                        .error()
                        .getString("param"))
                .isEqualTo("background");
    }

    @Test
    void cancelsAsOftenAsAsked() {
        serve(false, Doorkeeper.OPEN, ReplayLimits.DEFAULT, new ResponseStore(1 << 20, Duration.ofHours(1)));
        String one = PATH + "/"
                + create(input("Hello").put("background", true)).json().getString("id");
        firstStep();
        hasBegun(one);
        JsonObject cancelled = service.post(one + "/cancel", "").json();
        assertThat(cancelled.getString("status")).isEqualTo("cancelled");
        assertThat(cancelled.getJsonArray("output").getJsonObject(0).getString("status"))
                .isEqualTo("incomplete");
        assertThat(service.post(one + "/cancel", "").json()).isEqualTo(cancelled);
        assertThat(service.get(one).json()).isEqualTo(cancelled);
        TestService.eventually().until(() -> engine.runs.getFirst().cancelled());
        List<NumberedEvents> events =
                NumberedEvents.of(service.get(one + "?stream=true").body());
        assertThat(events.getLast().type()).isEqualTo("response.incomplete");
        assertThat(events.getLast().json().getJsonObject("response").getJsonObject("incomplete_details"))
                .isEqualTo(JsonObject.of("reason", "cancelled"));
    }

    @Test
    void deletesWhatIsUnderWay() throws Exception {
        serve(false, Doorkeeper.OPEN, ReplayLimits.DEFAULT, new ResponseStore(1 << 20, Duration.ofHours(1)));
        try (RawClient reader = new RawClient(service.port)) {
            reader.send(RawClient.post(PATH, input("Hello").put("stream", true).encode()));
            firstStep();
            assertThat(reader.head()).contains("200 ok");
            String begun = new String(reader.chunk(), StandardCharsets.UTF_8);
            String id = NumberedEvents.of(begun)
                    .getFirst()
                    .json()
                    .getJsonObject("response")
                    .getString("id");
            assertThat(delete(id).json()).isEqualTo(JsonObject.of("id", id, "object", "response", "deleted", true));
            StringBuilder rest = new StringBuilder(begun);
            for (byte[] chunk = reader.chunk(); chunk.length > 0; chunk = reader.chunk()) {
                rest.append(new String(chunk, StandardCharsets.UTF_8));
            }
            assertThat(NumberedEvents.of(rest.toString()).getLast().type()).isEqualTo("response.incomplete");
            assertThat(service.get(PATH + "/" + id).status()).isEqualTo(404);
            assertThat(delete(id).error().getString("code")).isEqualTo("response_not_found");
            assertThat(service.responses.bytes()).isZero();
        }
    }

    @Test
    void keepsTenantsApart() {
        String mine = SecretKey.make(new SecureRandom());
        String yours = SecretKey.make(new SecureRandom());
        KeyLimits none = KeyLimits.NONE;
        KeyRing ring = new KeyRing(
                List.of(
                        new KeyEntry("mine", SecretKey.hash(mine), none),
                        new KeyEntry("yours", SecretKey.hash(yours), none)),
                System::nanoTime);
        serve(
                true,
                Doorkeeper.of(ring, KeyObserver.NONE),
                ReplayLimits.DEFAULT,
                new ResponseStore(1 << 20, Duration.ofHours(1)));
        String body = input("Hello").encode();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + PATH))
                .headers("Authorization", "Bearer " + mine, "Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        JsonObject response = service.send(request).json();
        String one = PATH + "/" + response.getString("id");
        assertThat(send("GET", one, mine).json()).isEqualTo(response);
        for (String[] foreign : new String[][] {
            {"GET", one},
            {"GET", one + "?stream=true"},
            {"GET", one + "/input_items"},
            {"POST", one + "/cancel"},
            {"DELETE", one}
        }) {
            TestService.Reply reply = send(foreign[0], foreign[1], yours);
            assertThat(reply.status()).as(foreign[1]).isEqualTo(404);
            assertThat(reply.error().getString("code")).isEqualTo("response_not_found");
            assertThat(send(foreign[0], foreign[1], "").status())
                    .as("without a key")
                    .isEqualTo(401);
        }
        HttpRequest.Builder next = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + PATH))
                .headers("Authorization", "Bearer " + yours, "Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(input("x")
                        .put("previous_response_id", response.getString("id"))
                        .encode()));
        assertThat(service.send(next).error().getString("code")).isEqualTo("previous_response_not_found");
        assertThat(send("DELETE", one, mine).status()).isEqualTo(200);
    }

    @Test
    void whatIsNotStoredIsNotFound() {
        JsonObject response = create(input("Hello").put("store", false)).json();
        assertThat(response.getBoolean("store")).isFalse();
        assertThat(service.get(PATH + "/" + response.getString("id")).status()).isEqualTo(404);
        assertThat(service.responses.count()).isZero();
        JsonObject piece = create(input("Hello")).json();
        assertThat(service.get(PATH + "/" + piece.getString("id") + "?stream=true")
                        .error()
                        .getString("code"))
                .as("of an answer in one piece no events are kept")
                .isEqualTo("events_expired");
    }

    @Test
    void refusalsKeepNothing() {
        engine.refuse(new RefusedException(RefusedException.Cause.BUSY, "all places are taken", 3));
        for (JsonObject body :
                List.of(input("x"), input("x").put("stream", true), input("x").put("background", true))) {
            TestService.Reply reply = create(body);
            assertThat(reply.status()).as(body.encode()).isEqualTo(429);
            assertThat(reply.header("retry-after")).isEqualTo("3");
        }
        assertThat(service.responses.count()).isZero();
        TestService.eventually().until(() -> service.memory.held() == 0); // Given back once the answer is sent.
    }

    @Test
    void refusesWhereAllThatIsKeptIsUnderWay() {
        serve(false, Doorkeeper.OPEN, ReplayLimits.DEFAULT, new ResponseStore(12_000, Duration.ofHours(1)));
        TestService.Reply reply = create(input("Hello").put("background", true));
        assertThat(reply.status()).isEqualTo(200);
        create(input("Hello").put("background", true));
        TestService.Reply full = create(input("Hello").put("background", true));
        assertThat(full.status()).isEqualTo(503);
        assertThat(full.error().getString("code")).isEqualTo("response_memory");
        assertThat(Integer.parseInt(full.header("retry-after"))).isPositive();
        assertThat(engine.runs).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"input": "x", "conversation": "c"}         | 400 | conversation | use previous_response_id
        {"input": "x", "include": ["message.output_text.logprobs"]} | 400 | include | leave it out
        {"input": "x", "previous_response_id": "resp_x"} | 400 | previous_response_id | send the conversation as input
        {"input": [{"type": "computer_call_output", "call_id": "c", "output": "o"}]} | 400 | input[0].type | reasoning or item_reference
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "o"}]} | 400 | input[0].call_id | names no call before it
        {"input": [{"type": "function_call_output", "call_id": "c"}]} | 400 | input[0].output | missing
        {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]} | 400 | input | no function_call_output for the call
        {"input": [{"type": "function_call", "call_id": "c", "name": "f"}, {"type": "function_call", "call_id": "d", "name": "f"}, {"role": "user", "content": "x"}]} | 400 | input | and 1 more
        {"input": [{"type": "function_call", "call_id": "c", "name": "f"}, {"type": "function_call", "call_id": "c", "name": "f"}]} | 400 | input[1].call_id | that of another call
        {"input": [{"type": "function_call", "call_id": "c", "name": "f"}, {"type": "function_call_output", "call_id": "c", "output": "o"}, {"type": "function_call_output", "call_id": "c", "output": "o"}]} | 400 | input[2].call_id | has its output already
        {"input": [{"type": "function_call", "call_id": "c", "name": "f", "status": "incomplete"}]} | 400 | input | nothing that could be answered
        {"input": [{"type": "function_call", "name": "f"}]} | 400 | input[0].call_id | missing
        {"input": [{"type": "function_call", "call_id": "c", "name": "f"}, {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]}]} | 400 | input[1].output[0].type | input_text
        {"input": [{"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}]} | 400 | input[0].encrypted_content | nobody here can read it
        {"input": "x", "tools": [{"type": "web_search"}]} | 400 | tools[0].type | function
        {"input": "x", "tools": [{"type": "function"}]} | 400 | tools[0].function | missing
        {"input": "x", "max_tool_calls": 0} | 400 | max_tool_calls | between 1 and
        {"input": [{"type": "item_reference", "id": "msg_1"}]} | 400 | input[0].id | send the item itself
        {"input": [{"id": "msg_1"}]}                | 400 | input[0].id | send the item itself
        {"input": "x", "store": 1}                  | 400 | store | true or false
        {"input": "x", "stream_id": "a"}            | 400 | stream_id | only a WebSocket has lanes
        """)
    void namesWhatIsWrong(String body, int status, String param, String words) {
        TestService.Reply reply = service.post(PATH, body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.error().getString("param")).isEqualTo(param);
        assertThat(reply.error().getString("message")).contains(words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ?starting_after=1            | 400 | starting_after
        ?stream=yes                  | 400 | stream
        ?stream=true&starting_after=-1 | 400 | starting_after
        ?stream=true&starting_after=16 | 400 | starting_after
        ?stream=true&starting_after=99999999999999999999 | 400 | starting_after
        ?stream=true&stream=true     | 400 | stream
        ?streams=true                | 400 | streams
        """)
    void namesWhatIsWrongInQueries(String query, int status, String param) {
        String events = create(input("Hello").put("stream", true)).body();
        String id = NumberedEvents.of(events)
                .getFirst()
                .json()
                .getJsonObject("response")
                .getString("id");
        TestService.Reply reply = service.get(PATH + "/" + id + query);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.error().getString("param")).isEqualTo(param);
    }

    @Test
    void lastEventIdsAreNumbersAndBelongToGets() {
        HttpRequest.Builder post = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + PATH))
                .header("Last-Event-ID", "3")
                .POST(HttpRequest.BodyPublishers.ofString(input("x").encode()));
        assertThat(service.send(post).error().getString("code")).isEqualTo("unexpected_last_event_id");
        assertThat(engine.runs).isEmpty();
        String id = NumberedEvents.of(create(input("x").put("stream", true)).body())
                .getFirst()
                .json()
                .getJsonObject("response")
                .getString("id");
        HttpRequest.Builder get = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + service.port + PATH + "/" + id + "?stream=true"))
                .header("Last-Event-ID", "resp_1:3");
        assertThat(service.send(get).error().getString("param")).isEqualTo("Last-Event-ID");
    }
}
