package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code stream_id}: order within a lane, lanes side by side, their limits and names, and a socket's whole life. */
class LanesTest {
    private static final SocketLimits LIMITS = SocketLimits.DEFAULT;

    private static ApiConfig config(SocketLimits limits) {
        return Served.config(limits, TransportLimits.DEFAULT, Duration.ofSeconds(15), 64);
    }

    private static JsonObject create(String input, @Nullable String lane) {
        JsonObject create = JsonObject.of("type", "response.create", "input", input);
        return lane == null ? create : create.put("stream_id", lane);
    }

    private static EngineLoop engine(int slots) {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(slots, 8, 8),
                new EngineConfig.Cache(4, CacheType.F32, Long.MAX_VALUE / 4),
                new EngineConfig.Admission(slots, 400, slots, 64, 1 << 20));
        return new EngineLoop(FakeModel.of(ByteTokenizer.SIZE, 0, 9), config, EngineObserver.NONE, System::nanoTime);
    }

    /** Reads until so many answers have ended; the events of each lane. */
    private static Map<String, List<JsonObject>> byLane(RawSocket socket, int answers) throws IOException {
        Map<String, List<JsonObject>> lanes = new HashMap<>();
        for (int ended = 0; ended < answers; ) {
            JsonObject event = socket.event();
            lanes.computeIfAbsent(event.getString("stream_id", ""), lane -> new ArrayList<>())
                    .add(event);
            switch (event.getString("type")) {
                case "response.completed", "response.incomplete", "response.failed", "error" -> ended++;
                default -> {}
            }
        }
        return lanes;
    }

    private static String text(List<JsonObject> events) {
        return events.getLast()
                .getJsonObject("response")
                .getJsonArray("output")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    @Test
    void lanesSideBySideSayWhatEachSaysAlone() throws Exception {
        List<String> lanes = List.of("planner", "research", "a.b-c_D9", "");
        Map<String, String> alone = new HashMap<>();
        for (String lane : lanes) {
            EngineLoop engine = engine(1);
            try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                    RawSocket socket = RawSocket.open(served.port)) {
                socket.send(sampled(lane, null));
                alone.put(lane, text(socket.response()));
            }
        }
        assertThat(alone.values()).doesNotHaveDuplicates();
        EngineLoop engine = engine(4);
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            for (String lane : lanes) {
                socket.send(sampled(lane, lane.isEmpty() ? null : lane));
            }
            Awaitility.await().until(() -> {
                engine.step();
                return engine.status().running() == 4;
            });
            served.stepping(engine::step);
            byLane(socket, 4).forEach((lane, events) -> {
                assertThat(text(events)).as(lane).isEqualTo(alone.get(lane));
                for (int i = 0; i < events.size(); i++) {
                    assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
                    assertThat(events.get(i).containsKey("stream_id")).isEqualTo(!lane.isEmpty());
                }
            });
        }
    }

    private static JsonObject sampled(String input, @Nullable String lane) {
        return create("say " + input, lane)
                .put("seed", 7)
                .put("ignore_eos", true)
                .put("max_output_tokens", 40);
    }

    @Test
    void oneLaneIsFirstInFirstOut() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("first", "one"));
            socket.send(create("second", "one"));
            socket.send(create("beside", "two"));
            Awaitility.await().until(() -> engine.runs.size() == 2);
            assertThat(prompts(engine)).containsExactlyInAnyOrder("user: first;>", "user: beside;>");
            served.stepping(engine::step);
            Map<String, List<JsonObject>> events = byLane(socket, 3);
            assertThat(types(events.getOrDefault("one", List.of())))
                    .containsSubsequence(
                            "response.created", "response.completed", "response.created", "response.completed");
            assertThat(prompts(engine).getLast()).isEqualTo("user: second;>");
        }
    }

    private static List<String> prompts(ScriptedEngine engine) {
        return engine.runs.stream()
                .map(run -> {
                    StringBuilder text = new StringBuilder();
                    for (int id : run.submission.prompt()) {
                        text.append((char) id);
                    }
                    return text.toString();
                })
                .toList();
    }

    private static List<String> types(List<JsonObject> events) {
        return events.stream().map(event -> event.getString("type")).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void soManyAnswersAtATimeAndTheOthersInTheOrderAsked(int places) throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, config(LIMITS.lanes(places, 32, Duration.ofHours(1), Duration.ZERO)));
                RawSocket socket = RawSocket.open(served.port)) {
            for (int i = 0; i < 5; i++) {
                socket.send(create("q" + i, "lane" + i).put("max_output_tokens", 3));
            }
            socket.send("{"); // Its answer tells that all have been taken.
            byLaneUntilError(socket);
            Awaitility.await().until(() -> engine.runs.size() == places);
            assertThat(prompts(engine)).allMatch(prompt -> prompt.compareTo("user: q" + places) < 0);
            served.stepping(engine::step);
            byLane(socket, 5);
            assertThat(prompts(engine).subList(places, 5))
                    .hasSize(5 - places)
                    .allMatch(prompt -> prompt.compareTo("user: q" + places) >= 0);
            if (places == 1) { // More are encoded side by side.
                assertThat(prompts(engine)).isSorted();
            }
        }
    }

    @Test
    void aLaneWaitingForAPlaceHoldsNoMoreThanAnother() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, config(LIMITS.lanes(1, 32, Duration.ofHours(1), Duration.ZERO)));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("runs", null));
            for (int i = 0; i < 6; i++) { // One is to run when there is a place, four wait for it.
                socket.send(create("q" + i, "full"));
            }
            Map<String, List<JsonObject>> refused = byLane(socket, 1);
            assertThat(refused.getOrDefault("full", List.of()).getLast().getString("code"))
                    .isEqualTo("too_many_requests");
            served.stepping(engine::step);
            byLane(socket, 6);
            assertThat(engine.runs).hasSize(6);
        }
    }

    @Test
    void aSocketHasSoManyNames() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, config(LIMITS.lanes(16, 2, Duration.ofHours(1), Duration.ZERO)))
                        .stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            for (String lane : List.of("a", "b", "a")) {
                socket.send(create("go", lane));
                byLane(socket, 1);
            }
            socket.send(create("go", "c"));
            JsonObject error = socket.event();
            assertThat(error.getString("code")).isEqualTo("websocket_stream_limit_reached");
            assertThat(error.getInteger("status")).isEqualTo(400);
            assertThat(error.getString("param")).isEqualTo("stream_id");
            assertThat(error.getString("stream_id")).isEqualTo("c");
            socket.send(create("go", null)); // The default lane is none of them.
            assertThat(types(socket.response())).endsWith("response.completed");
            socket.send(create("go", "b"));
            assertThat(byLane(socket, 1)).containsOnlyKeys("b");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "5", "\"a b\"", "\"é\"", "[\"a\"]", "\"a\\n\"", "\"a/b\"", "true", "\"LONG\""})
    void whatIsNoNameIsRefused(String name) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send("{\"type\": \"response.create\", \"input\": \"a\", \"stream_id\": "
                    + name.replace("LONG", "n".repeat(257)) + "}");
            JsonObject error = socket.event();
            assertThat(error.getString("code")).isEqualTo("invalid_stream_id");
            assertThat(error.containsKey("stream_id")).isFalse();
            socket.send(create("go", "n".repeat(256)));
            assertThat(byLane(socket, 1)).containsOnlyKeys("n".repeat(256));
        }
    }

    @Test
    void anErrorNamesItsLaneAndLeavesTheOthersAlone() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("abc");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go", "good"));
            socket.send(create("go", "bad").put("temperature", -1));
            socket.send(create("x".repeat(5000), "bad")); // Longer than the context, found out by the engine's side.
            socket.send(JsonObject.of("type", "nonsense", "stream_id", "bad"));
            served.stepping(engine::step);
            Map<String, List<JsonObject>> events = byLane(socket, 4);
            assertThat(text(events.getOrDefault("good", List.of()))).isEqualTo("abc");
            assertThat(events.getOrDefault("bad", List.of()).stream().map(event -> event.getString("param")))
                    .containsExactlyInAnyOrder("temperature", "input");
            assertThat(events.get("")).hasSize(1);
        }
    }

    @Test
    void cancelsInWhateverLane() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            for (String lane : List.of("a", "b")) {
                socket.send(create(lane, lane));
            }
            Map<String, String> ids = new HashMap<>();
            while (ids.size() < 2) {
                JsonObject event = socket.event();
                if (event.getString("type").equals("response.created")) {
                    ids.put(
                            event.getString("stream_id"),
                            event.getJsonObject("response").getString("id"));
                }
            }
            socket.send(JsonObject.of("type", "response.cancel", "response_id", ids.get("b")));
            List<JsonObject> events = new ArrayList<>();
            while (events.isEmpty() || !types(events).getLast().equals("response.incomplete")) {
                events.add(socket.event());
            }
            assertThat(events.getLast().getString("stream_id")).isEqualTo("b");
            assertThat(events.getLast().getJsonObject("response").getString("id"))
                    .isEqualTo(ids.get("b"));
            assertThat(engine.runs.get(prompts(engine).indexOf("user: a;>")).cancelled())
                    .isFalse();
        }
    }

    @Test
    void everythingGoesWithTheSocket() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, config(LIMITS.lanes(2, 32, Duration.ofHours(1), Duration.ZERO)))) {
            try (RawSocket socket = RawSocket.open(served.port)) {
                for (String lane : List.of("a", "b", "c", "a")) {
                    socket.send(create("go", lane).put("store", false));
                }
                socket.send("{");
                Awaitility.await().until(() -> engine.runs.size() == 2);
                byLaneUntilError(socket);
            }
            Awaitility.await().until(() -> served.answersGone.get() == 2);
            Awaitility.await().until(() -> engine.runs.stream().allMatch(ScriptedEngine.Run::cancelled));
            engine.step();
            assertThat(engine.runs).hasSize(2).allMatch(ScriptedEngine.Run::over);
            Awaitility.await().until(() -> served.memory.held() == 0);
        }
    }

    private static void byLaneUntilError(RawSocket socket) throws IOException {
        while (!socket.event().getString("type").equals("error")) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aSocketsLifeEndsWithAWordAndAfterItsAnswers() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        Duration life = Duration.ofSeconds(5); // Its only request is to be heard by then.
        try (Served served = new Served(engine, config(LIMITS.lanes(16, 32, life, Duration.ofMinutes(5))));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go", "a"));
            byLaneUntilError(socket); // Told by itself.
            socket.send(create("late", "b"));
            JsonObject late = socket.event();
            assertThat(late.getString("code")).isEqualTo("websocket_connection_limit_reached");
            assertThat(late.getInteger("status")).isEqualTo(400);
            served.stepping(engine::step);
            Map<String, List<JsonObject>> events = byLane(socket, 1);
            assertThat(types(events.getOrDefault("a", List.of()))).endsWith("response.completed");
            assertThat(socket.closeCode()).isEqualTo(1001);
            assertThat(engine.runs).hasSize(1);
        }
    }

    @Test
    void anAnswerWithoutAnEndDoesNotOutliveTheFarewell() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        Duration brief = Duration.ofMillis(500);
        try (Served served = new Served(engine, config(LIMITS.lanes(16, 32, brief, brief)));
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create("go", null));
            byLaneUntilError(socket);
            assertThat(socket.closeCode()).isEqualTo(1001);
        }
    }
}
