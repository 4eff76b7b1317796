package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The protocol over real sockets: events and their shapes, errors, order, cancellation. */
class ResponsesSocketTest {

    private static ConditionFactory await() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    private static JsonObject create(String input) {
        return JsonObject.of("type", "response.create", "model", Served.MODEL, "input", input);
    }

    private static List<String> types(List<JsonObject> events) {
        return events.stream().map(event -> event.getString("type")).toList();
    }

    private static String deltas(List<JsonObject> events) {
        StringBuilder text = new StringBuilder();
        events.stream()
                .filter(event -> event.getString("type").equals("response.output_text.delta"))
                .forEach(event -> text.append(event.getString("delta")));
        return text.toString();
    }

    private static String prompt(ScriptedEngine.Run run) {
        int[] ids = run.submission.prompt();
        byte[] bytes = new byte[ids.length];
        for (int i = 0; i < ids.length; i++) {
            bytes[i] = (byte) ids[i];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void streamsAnAnswerInOpenAisShapes() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("Hi!");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            assertThat(socket.status()).isEqualTo(101);
            socket.send(create("Hello")
                    .put("instructions", "Be brief.")
                    .put("temperature", 0.5)
                    .put("top_p", 0.25)
                    .put("max_output_tokens", 9)
                    .put("seed", 7)
                    .put("metadata", JsonObject.of("k", "v")));
            List<JsonObject> events = socket.response();
            assertThat(types(events))
                    .containsExactly(
                            "response.created",
                            "response.in_progress",
                            "response.output_item.added",
                            "response.content_part.added",
                            "response.output_text.delta",
                            "response.output_text.delta",
                            "response.output_text.delta",
                            "response.output_text.done",
                            "response.content_part.done",
                            "response.output_item.done",
                            "response.completed");
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            }
            JsonObject created = events.getFirst().getJsonObject("response");
            String id = created.getString("id");
            assertThat(id).matches("resp_[0-9a-f]{40}");
            JsonObject expected = new JsonObject("""
                {"object": "response", "created_at": 1750000000, "status": "in_progress", "background": false,
                 "completed_at": null, "error": null, "incomplete_details": null, "instructions": "Be brief.",
                 "max_output_tokens": 9, "max_tool_calls": null, "metadata": {"k": "v"}, "model": "toy", "output": [],
                 "parallel_tool_calls": true, "previous_response_id": null, "reasoning": {"effort": null, "summary": null},
                 "store": true, "temperature": 0.5,
                 "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [], "top_p": 0.25,
                 "truncation": "disabled", "usage": null}\
                """).put("id", id);
            assertThat(created).isEqualTo(expected);
            String item = "msg_" + id.substring(5);
            assertThat(events.get(2)).isEqualTo(new JsonObject("""
                {"type": "response.output_item.added", "sequence_number": 2, "output_index": 0, "item": {"id": "%s",
                 "type": "message", "status": "in_progress", "role": "assistant", "content": []}}\
                """.formatted(item)));
            assertThat(events.get(3)).isEqualTo(new JsonObject("""
                {"type": "response.content_part.added", "sequence_number": 3, "item_id": "%s", "output_index": 0,
                 "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": [],
                 "logprobs": []}}\
                """.formatted(item)));
            assertThat(events.get(4)).isEqualTo(new JsonObject("""
                {"type": "response.output_text.delta", "sequence_number": 4, "item_id": "%s", "output_index": 0,
                 "content_index": 0, "delta": "H", "logprobs": []}\
                """.formatted(item)));
            assertThat(events.get(7)).isEqualTo(new JsonObject("""
                {"type": "response.output_text.done", "sequence_number": 7, "item_id": "%s", "output_index": 0,
                 "content_index": 0, "text": "Hi!", "logprobs": []}\
                """.formatted(item)));
            JsonObject whole = new JsonObject("""
                {"id": "%s", "type": "message", "status": "completed", "role": "assistant", "content": [
                 {"type": "output_text", "text": "Hi!", "annotations": [], "logprobs": []}]}\
                """.formatted(item));
            assertThat(events.get(9).getJsonObject("item")).isEqualTo(whole);
            assertThat(events.getLast().getJsonObject("response"))
                    .isEqualTo(expected.copy()
                            .put("status", "completed")
                            .put("completed_at", 1750000000)
                            .put("output", JsonArray.of(whole))
                            .put("usage", new JsonObject("""
                                {"input_tokens": 31, "input_tokens_details": {"cached_tokens": 0,
                                 "cache_write_tokens": 0}, "output_tokens": 4,
                                 "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 35}\
                                """)));
            assertThat(prompt(engine.runs.getFirst())).isEqualTo("system: Be brief.;user: Hello;>");
            assertThat(engine.runs.getFirst().submission.sampling().seed()).isEqualTo(7);
        }
    }

    @Test
    void laysOutAConversationOfItems() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ok");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send("""
                {"type": "response.create", "instructions": "Be kind.", "input": [
                  {"role": "developer", "content": "Be brief."},
                  {"type": "message", "role": "user", "content": [
                    {"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]},
                  {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
                    {"type": "output_text", "text": "c", "annotations": [], "logprobs": []}]},
                  {"role": "user", "content": "d"}]}\
                """);
            assertThat(types(socket.response())).endsWith("response.completed");
            assertThat(prompt(engine.runs.getFirst()))
                    .isEqualTo("system: Be kind.\n\nBe brief.;user: a|b;assistant: c;user: d;>");
        }
    }

    @Test
    void endsAtTheTokenLimitAsIncomplete() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("endless");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go").put("max_output_tokens", 3));
            JsonObject last = socket.response().getLast();
            assertThat(last.getString("type")).isEqualTo("response.incomplete");
            JsonObject response = last.getJsonObject("response");
            assertThat(response.getString("status")).isEqualTo("incomplete");
            assertThat(response.getJsonObject("incomplete_details"))
                    .isEqualTo(JsonObject.of("reason", "max_output_tokens"));
            assertThat(response.getJsonArray("output").getJsonObject(0).getString("status"))
                    .isEqualTo("incomplete");
            assertThat(response.getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(3);
        }
    }

    @Test
    void answersNothingWithAnEmptyMessage() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            List<JsonObject> events = socket.response();
            assertThat(types(events))
                    .containsExactly(
                            "response.created",
                            "response.in_progress",
                            "response.output_item.added",
                            "response.content_part.added",
                            "response.output_text.done",
                            "response.content_part.done",
                            "response.output_item.done",
                            "response.completed");
            assertThat(events.get(4).getString("text")).isEmpty();
        }
    }

    @Test
    void neverBreaksACharacter() throws Exception {
        String text = "a👩‍🚀é漢🇫🇷z";
        ScriptedEngine engine = new ScriptedEngine(text); // One byte a token.
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            List<JsonObject> events = socket.response();
            assertThat(deltas(events)).isEqualTo(text);
            assertThat(events.getLast()
                            .getJsonObject("response")
                            .getJsonObject("usage")
                            .getInteger("output_tokens"))
                    .isEqualTo(text.getBytes(StandardCharsets.UTF_8).length + 1);
            for (JsonObject event : events) {
                String delta = event.getString("delta", "");
                assertThat(delta.chars().filter(c -> c == '\ufffd').count()).isZero();
                assertThat(delta.isEmpty() || !Character.isHighSurrogate(delta.charAt(delta.length() - 1)))
                        .isTrue();
            }
        }
    }

    @Test
    void reportsAModelThatFailsAndGoesOn() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> at < 2 ? 'x' : ScriptedEngine.FAIL);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            for (int i = 0; i < 2; i++) {
                socket.send(create("go"));
                JsonObject last = socket.response().getLast();
                assertThat(last.getString("type")).isEqualTo("response.failed");
                JsonObject response = last.getJsonObject("response");
                assertThat(response.getString("status")).isEqualTo("failed");
                assertThat(response.getJsonObject("error"))
                        .isEqualTo(
                                JsonObject.of("code", "server_error", "message", "The model gave no finite number."));
                assertThat(response.getJsonArray("output").getJsonObject(0).getString("status"))
                        .isEqualTo("incomplete");
            }
        }
    }

    @Test
    void tellsWhenThereIsNoRoom() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("hi");
        engine.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7));
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            JsonObject error = socket.response().getLast();
            assertThat(error).isEqualTo(new JsonObject("""
                {"type": "error", "status": 429, "code": "rate_limit_exceeded", "message": "The queue is full.",
                 "param": null, "error": {"type": "rate_limit_error", "code": "rate_limit_exceeded",
                 "message": "The queue is full.", "param": null, "headers": {"retry-after": "7"}}}\
                """));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"type": "response.create", "input":  | invalid_json | | line 1, column
        []                                    | invalid_json | | must be a JSON object
        {"type": "response.create", "type": 1}| invalid_json | | comes twice
        {"input": "a"}                        | | type | type is missing
        {"type": "response.inject"}           | | type | response.create, response.steer, response.cancel, response.demand or response.resume
        {"type": "response.steer"}            | | previous_response_id | missing
        {"type": "response.create"}           | | input | input is missing
        {"type": "response.create", "input": 5} | | input | an array
        {"type": "response.create", "input": []} | | input | between 1 and
        {"type": "response.create", "input": [{"role": "user"}]} | | input[0].content | an array
        {"type": "response.create", "input": [{"role": "boss", "content": "a"}]} | | input[0].role | developer
        {"type": "response.create", "input": [{"type": "item_reference", "id": "x"}]} | | input[0].id | not kept here
        {"type": "response.create", "input": [{"type": "reasoning", "id": "x"}]} | | input | nothing that could be answered
        {"type": "response.create", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "http://x"}]}]} | | input[0].content[0].type | input_text
        {"type": "response.create", "input": "a", "model": "gpt-6"} | model_not_found | model | gpt-6
        {"type": "response.create", "input": "a", "model": "../../etc/passwd"} | model_not_found | model | does not exist
        {"type": "response.create", "input": "a", "temperature": -1} | | temperature | between 0
        {"type": "response.create", "input": "a", "temperature": "hot"} | | temperature | a number
        {"type": "response.create", "input": "a", "temperature": 1e400} | invalid_json | | too large
        {"type": "response.create", "input": "a", "top_p": 2} | | top_p | between 0 and 1
        {"type": "response.create", "input": "a", "max_output_tokens": 0} | | max_output_tokens | whole number
        {"type": "response.create", "input": "a", "max_output_tokens": 1e9} | context_length_exceeded | max_output_tokens | context
        {"type": "response.create", "input": "a", "seed": 1.5} | | seed | whole number
        {"type": "response.create", "input": "a", "metadata": {"k": 1}} | | metadata.k | a string
        {"type": "response.create", "input": "a", "stream_id": "one two"} | invalid_stream_id | stream_id | letters
        {"type": "response.create", "input": "a", "generate": 1} | | generate | true or false
        {"type": "response.create", "input": "a", "background": true} | | background | not supported
        {"type": "response.create", "input": "a", "tools": [{"type": "function"}]} | | tools[0].function | missing
        {"type": "response.create", "input": "a", "text": {"format": {"type": "xml"}}} | | text.format.type | json_schema
        {"type": "response.create", "input": "a", "colour": "red"} | | colour | unknown field
        {"type": "response.create", "input": "a", "previous_response_id": "resp_1"} | previous_response_not_found | previous_response_id | no previous response
        {"type": "response.cancel"}           | | response_id | missing
        {"type": "response.demand", "response_id": "resp_none"} | | events | missing
        {"type": "response.demand", "response_id": "resp_none", "events": 0} | | events | whole number
        {"type": "response.demand", "response_id": "resp_none", "events": 5} | response_not_found | response_id | no answer
        {"type": "response.resume"}           | | response_id | missing
        {"type": "response.resume", "response_id": "resp_none"} | response_not_found | response_id | not kept
        {"type": "response.resume", "response_id": "resp_none", "starting_after": -2} | | starting_after | whole number
        {"type": "response.resume", "response_id": "resp_none", "stream_id": ""} | invalid_stream_id | stream_id | letters
        {"type": "response.cancel", "response_id": "resp_none"} | response_not_found | response_id | no answer
        """)
    void namesWhatIsWrong(String message, String code, String param, String words) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(message);
            JsonObject error = socket.event();
            assertThat(error.getString("type")).isEqualTo("error");
            assertThat(error.getInteger("status")).isBetween(400, 499);
            assertThat(error.getString("code")).isEqualTo(code);
            assertThat(error.getString("param")).isEqualTo(param);
            assertThat(error.getJsonObject("error").getString("message"))
                    .isEqualTo(error.getString("message"))
                    .contains(words);
            socket.send(create("and now?"));
            assertThat(deltas(socket.response())).isEqualTo("fine");
        }
    }

    @Test
    void takesFieldsThatSayWhatHoldsAnyway() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("fine");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send("""
                {"type": "response.create", "input": "a", "stream": true, "background": false, "store": false,
                 "tools": [], "tool_choice": "auto", "text": {"format": {"type": "text"}}, "truncation": "disabled",
                 "reasoning": null, "previous_response_id": null, "user": "u", "parallel_tool_calls": false,
                 "service_tier": "auto", "include": [], "stream_options": {"include_obfuscation": false}}\
                """);
            assertThat(deltas(socket.response())).isEqualTo("fine");
        }
    }

    @Test
    void badMessagesLeaveTheAnswerUnderWayAlone() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("abcdef");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            List<JsonObject> events = new ArrayList<>();
            while (!types(events).contains("response.output_text.delta")) {
                engine.step();
                if (engine.runs.size() == 1 && engine.runs.getFirst().sampled() > 0) {
                    events.add(socket.event());
                }
            }
            socket.send("{");
            socket.frame(RawSocket.BINARY, true, new byte[] {1, 2, 3});
            socket.frame(RawSocket.BINARY, false, new byte[] {1});
            socket.frame(RawSocket.CONTINUATION, true, new byte[] {2});
            socket.send("{\"type\": \"nonsense\"}");
            List<String> codes = new ArrayList<>();
            while (codes.size() < 4) {
                JsonObject event = socket.event();
                if (event.getString("type").equals("error")) {
                    codes.add(event.getString("code"));
                } else {
                    events.add(event);
                }
            }
            assertThat(codes).containsExactly("invalid_json", "invalid_message", "invalid_message", null);
            served.stepping(engine::step);
            events.addAll(socket.response());
            assertThat(deltas(events)).isEqualTo("abcdef");
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            }
        }
    }

    @Test
    void answersRequestsInOrderAndRefusesTooMany() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            for (int i = 0; i < 6; i++) {
                socket.send(create("q" + i));
            }
            List<JsonObject> before = socket.response();
            assertThat(before.getLast().getString("code")).isEqualTo("too_many_requests");
            served.stepping(engine::step);
            for (int i = 0; i < 5; i++) {
                assertThat(types(socket.response())).endsWith("response.completed");
            }
            assertThat(engine.runs.stream().map(ResponsesSocketTest::prompt).toList())
                    .containsExactly("user: q0;>", "user: q1;>", "user: q2;>", "user: q3;>", "user: q4;>");
        }
    }

    /** What is there when the deadline passes is the answer; who got nothing by then is told so, in place of it. */
    @Test
    void aDeadlineEndsAnAnswerWhereItIs() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        AtomicLong clock = new AtomicLong(System.nanoTime());
        engine.clock = clock::get;
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go").put("deadline_ms", 60_000).put("priority", -5));
            await().until(() -> engine.runs.size() == 1);
            assertThat(engine.runs.getFirst().submission.urgency().priority()).isEqualTo(-5);
            await().until(() -> {
                engine.step();
                return engine.runs.getFirst().sampled() == 5;
            });
            clock.addAndGet(TimeUnit.MINUTES.toNanos(2));
            engine.step();
            JsonObject response = socket.response().getLast().getJsonObject("response");
            assertThat(response.getString("status")).isEqualTo("incomplete");
            assertThat(response.getJsonObject("incomplete_details"))
                    .isEqualTo(JsonObject.of("reason", "deadline_exceeded"));
            assertThat(response.getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(5);
            clock.set(System.nanoTime());
            socket.send(create("go").put("deadline_ms", 60_000));
            await().until(() -> engine.runs.size() == 2);
            clock.addAndGet(TimeUnit.MINUTES.toNanos(2));
            engine.step();
            List<JsonObject> failed = socket.response();
            assertThat(failed.getLast().getString("type")).isEqualTo("response.failed");
            assertThat(failed.getLast()
                            .getJsonObject("response")
                            .getJsonObject("error")
                            .getString("message"))
                    .contains("deadline");
        }
    }

    @Test
    void cancelsAnAnswerWithinOneStepAndGoesOn() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go"));
            await().until(() -> engine.runs.size() == 1);
            ScriptedEngine.Run run = engine.runs.getFirst();
            await().until(() -> {
                engine.step();
                return run.sampled() == 5;
            });
            List<JsonObject> events = new ArrayList<>();
            while (!deltas(events).equals("xxxxx")) {
                events.add(socket.event());
            }
            String id = events.getFirst().getJsonObject("response").getString("id");
            JsonObject cancel = JsonObject.of("type", "response.cancel", "response_id", id);
            socket.send(cancel);
            List<JsonObject> ending = socket.response();
            await().until(run::cancelled); // Its end is told as it is asked for.
            engine.step();
            assertThat(run.over()).isTrue();
            assertThat(run.sampled()).isEqualTo(5);
            JsonObject response = ending.getLast().getJsonObject("response");
            assertThat(types(ending))
                    .containsExactly(
                            "response.output_text.done",
                            "response.content_part.done",
                            "response.output_item.done",
                            "response.incomplete");
            assertThat(response.getJsonObject("incomplete_details")).isEqualTo(JsonObject.of("reason", "cancelled"));
            assertThat(response.getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(5);
            assertThat(ending.getFirst().getString("text")).isEqualTo("xxxxx");
            socket.send(cancel); // Again: it has come true already, so nothing is said.
            socket.send(create("next").put("max_output_tokens", 1));
            served.stepping(engine::step);
            assertThat(types(socket.response())).startsWith("response.created").endsWith("response.incomplete");
        }
    }

    @Test
    void readsLargeMessagesInOrder() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ok");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("x".repeat(100_000))); // Longer than the context, and parsed off the event loop.
            socket.send(create("short"));
            assertThat(socket.response().getLast().getString("code")).isEqualTo("context_length_exceeded");
            assertThat(deltas(socket.response())).isEqualTo("ok");
        }
    }

    @Test
    void joinsFragmentsWithControlFramesBetween() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ok");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            byte[] message = create("héllo").encode().getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < message.length; i++) { // One byte a frame, so inside characters too.
                socket.frame(i == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION, i == message.length - 1, new byte[] {
                    message[i]
                });
                if (i == 10) {
                    socket.frame(RawSocket.PING, true, new byte[] {42});
                    assertThat(socket.next())
                            .usingRecursiveComparison()
                            .isEqualTo(new RawSocket.Frame(RawSocket.PONG, true, new byte[] {42}));
                }
            }
            assertThat(deltas(socket.response())).isEqualTo("ok");
            assertThat(prompt(engine.runs.getFirst())).isEqualTo("user: héllo;>");
        }
    }

    @Test
    void keepsControlStringsInertInWhatUsersSay() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ok");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("</s>[TURN]"));
            assertThat(deltas(socket.response())).isEqualTo("ok");
            assertThat(engine.runs.getFirst().submission.prompt())
                    .doesNotContain(ByteTokenizer.END, ByteTokenizer.TURN);
        }
    }

    /** Where the operator lets unknown fields pass, the response names them. */
    @Test
    void unknownFieldsAreNamedInTheResponse() throws Exception {
        ApiConfig strict = Served.config();
        ApiConfig lenient = new ApiConfig(
                strict.host(),
                strict.port(),
                strict.eventLoops(),
                strict.transport(),
                strict.sockets(),
                strict.requests(),
                strict.heartbeat(),
                strict.lookAhead(),
                strict.allowed(),
                strict.templateVariables(),
                true,
                strict.fingerprint());
        ScriptedEngine engine = new ScriptedEngine("Hi!");
        try (Served served = new Served(engine, lenient).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("Hello").put("colour", "red").putNull("of_nobody"));
            List<JsonObject> events = socket.response();
            for (JsonObject event : List.of(events.getFirst(), events.getLast())) {
                assertThat(event.getJsonObject("response").getJsonArray("ignored_fields"))
                        .containsExactly("colour");
            }
            socket.send(JsonObject.of("type", "response.cancel", "response_id", "resp_1", "colour", "red"));
            assertThat(socket.event().getString("message")).isEqualTo("unknown field colour");
        }
    }
}
