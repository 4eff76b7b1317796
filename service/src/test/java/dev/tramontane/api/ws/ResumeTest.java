package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.fixtures.GatedTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.Seeds;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code response.resume} and {@code response.demand}: an answer that outlives its socket, at its reader's pace. */
class ResumeTest {
    private static final String TEXT = "Salut, 👩‍🚀! Ça va?";

    private static JsonObject create(boolean store) {
        return JsonObject.of("type", "response.create", "input", "go", "store", store);
    }

    private static JsonObject resume(String id, int after) {
        return JsonObject.of("type", "response.resume", "response_id", id, "starting_after", after);
    }

    private static JsonObject demand(String id, int events) {
        return JsonObject.of("type", "response.demand", "response_id", id, "events", events);
    }

    private static String id(JsonObject event) {
        return event.getJsonObject("response").getString("id");
    }

    private static List<String> types(List<JsonObject> events) {
        return events.stream().map(event -> event.getString("type")).toList();
    }

    private static String text(List<JsonObject> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.getString("delta", "")));
        return text.toString();
    }

    private static List<JsonObject> whole() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(TEXT);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(true));
            return socket.response();
        }
    }

    /** Cut after every single event, at whatever moment of the generation, and read on by another socket. */
    @Test
    void cutAtEveryEventAndResumedIsTheUncutAnswer() throws Exception {
        List<JsonObject> uncut = whole();
        ScriptedEngine engine = new ScriptedEngine(TEXT);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            for (int cut = 1; cut <= uncut.size(); cut++) {
                List<JsonObject> events = new ArrayList<>();
                String id;
                try (RawSocket socket = RawSocket.open(served.port)) {
                    socket.send(create(true));
                    while (events.size() < cut) {
                        events.add(socket.event());
                    }
                    id = id(events.getFirst());
                    socket.reset();
                }
                try (RawSocket socket = RawSocket.open(served.port)) {
                    socket.send(resume(id, cut - 1));
                    while (events.size() < uncut.size()) {
                        events.add(socket.event());
                    }
                    socket.send("{"); // Nothing comes after the end but what is asked.
                    assertThat(socket.event().getString("code")).isEqualTo("invalid_json");
                }
                assertThat(types(events)).isEqualTo(types(uncut));
                assertThat(text(events)).isEqualTo(TEXT);
                for (int i = 0; i < events.size(); i++) {
                    assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
                }
            }
        }
    }

    private static final int RANDOM_CUTS = 1000;

    /** Bytes of a connection at most: a few events, so that an answer is cut many times. */
    private static final int LONGEST = 1500;

    /** Cut wherever a byte may be the last, again and again until it has all come. */
    @Test
    void cutAtAThousandBytesAndResumedIsTheUncutAnswer() throws Exception {
        List<String> uncut = types(whole());
        Random random = new Random(Seeds.next());
        ScriptedEngine engine = new ScriptedEngine(TEXT);
        int cuts = 0;
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            while (cuts < RANDOM_CUTS) {
                List<JsonObject> events = new ArrayList<>();
                while (events.size() < uncut.size()) {
                    try (RawSocket socket = RawSocket.open(served.port)) {
                        if (events.isEmpty()) {
                            socket.send(create(true));
                            events.add(socket.event()); // Before that nobody has an id to resume by.
                        } else {
                            socket.send(resume(id(events.getFirst()), events.size() - 1));
                        }
                        socket.readNoMoreThan(random.nextInt(LONGEST));
                        while (events.size() < uncut.size()) {
                            events.add(socket.event());
                        }
                    } catch (EOFException cut) {
                        cuts++;
                    }
                }
                assertThat(types(events)).isEqualTo(uncut);
                assertThat(text(events)).isEqualTo(TEXT);
                for (int i = 0; i < events.size(); i++) {
                    assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
                }
            }
        }
    }

    @Test
    void resumedEventsNameTheLaneThatWasAskedFor() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(TEXT);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port);
                RawSocket other = RawSocket.open(served.port)) {
            socket.send(create(true).put("stream_id", "main"));
            String id = id(socket.response().getLast());
            other.send(resume(id, 3).put("stream_id", "again"));
            List<JsonObject> again = other.response();
            assertThat(again).allMatch(event -> event.getString("stream_id").equals("again"));
            assertThat(again.getFirst().getInteger("sequence_number")).isEqualTo(4);
            other.send(resume(id, -1));
            List<JsonObject> all = other.response();
            assertThat(all).noneMatch(event -> event.containsKey("stream_id"));
            assertThat(all.getFirst().getInteger("sequence_number")).isZero();
            other.send(resume(id, 1000));
            JsonObject error = other.event();
            assertThat(error.getString("param")).isEqualTo("starting_after");
            assertThat(error.getInteger("status")).isEqualTo(400);
        }
    }

    @Test
    void whatWasNotStoredIsNotResumedAndEndsWithItsSocket() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, Served.config());
                RawSocket other = RawSocket.open(served.port)) {
            String id;
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create(false));
                id = id(socket.event());
                socket.reset();
            }
            Awaitility.await().until(() -> engine.runs.getFirst().cancelled());
            other.send(resume(id, 0));
            assertThat(other.event().getString("code")).isEqualTo("response_not_found");
        }
    }

    /** Nobody was told its id, so nobody could come back for it. */
    @Test
    void whatWasLeftBeforeItsFirstEventIsNotKept() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        GatedTokenizer tokenizer = new GatedTokenizer();
        RequestMemory memory = new RequestMemory(1 << 24);
        try (Served served = new Served(engine, Served.config(), tokenizer, memory)) {
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create(true));
                Awaitility.await().until(tokenizer::isEntered);
                assertThat(served.store.count()).isOne();
                socket.reset();
            }
            Awaitility.await().until(() -> served.store.count() == 0 && memory.held() == 0);
            assertThat(engine.runs).isEmpty();
            tokenizer.open();
        }
    }

    @Test
    void aResumedAnswerIsCancelledFromWhereItIsRead() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, Served.config());
                RawSocket other = RawSocket.open(served.port)) {
            String id;
            try (RawSocket socket = RawSocket.open(served.port)) {
                socket.send(create(true));
                id = id(socket.event());
            }
            other.send(resume(id, 0));
            assertThat(other.event().getString("type")).isEqualTo("response.in_progress");
            other.send(JsonObject.of("type", "response.cancel", "response_id", id));
            assertThat(types(other.response())).endsWith("response.incomplete");
            Awaitility.await().until(() -> engine.runs.getFirst().cancelled());
        }
    }

    @Test
    void aSocketReadsSoManyAnswersAgain() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        SocketLimits limits = SocketLimits.DEFAULT.lanes(1, 32, Duration.ofHours(1), Duration.ZERO);
        var config = Served.config(limits, Served.config().transport(), Duration.ofSeconds(15), 64);
        try (Served served = new Served(engine, config);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(true));
            String id = id(socket.event());
            socket.event();
            socket.send(resume(id, 0));
            assertThat(socket.event().getInteger("sequence_number")).isEqualTo(1);
            socket.send(resume(id, 0));
            JsonObject error = socket.event();
            assertThat(error.getString("code")).isEqualTo("too_many_requests");
            assertThat(error.getInteger("status")).isEqualTo(429);
        }
    }

    // ---- credits

    /** What is answered next is the next message: no event has come before it. */
    private static void assertNothingFlows(RawSocket socket) throws IOException {
        socket.send("{");
        assertThat(socket.event().getString("code")).isEqualTo("invalid_json");
    }

    /** The log has the second event together with the first, and all of them when it is resumed. */
    @Test
    void creditsCountFromTheFirstEventOn() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(TEXT);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port);
                RawSocket other = RawSocket.open(served.port)) {
            socket.send(create(true).put("demand", 1));
            String id = id(socket.event());
            assertNothingFlows(socket);
            socket.send(demand(id, 1));
            assertThat(socket.event().getString("type")).isEqualTo("response.in_progress");
            assertNothingFlows(socket);
            socket.send(demand(id, 1000));
            List<JsonObject> all = socket.response();
            assertThat(text(all)).isEqualTo(TEXT);
            for (int first : List.of(1, 7)) { // Fewer than are asked for ahead of the socket, and more.
                other.send(resume(id, 1).put("demand", first));
                List<JsonObject> again = new ArrayList<>();
                while (again.size() < first) {
                    again.add(other.event());
                }
                assertNothingFlows(other);
                other.send(demand(id, 1));
                again.add(other.event());
                assertNothingFlows(other);
                other.send(demand(id, 1000));
                again.addAll(other.response());
                assertThat(again).isEqualTo(all);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "2147483648", "\"1\"", "true", "[]"})
    void firstCreditsAreANumberOfEvents(String value) throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            for (JsonObject message : List.of(create(false), resume("resp_none", 0))) {
                String text = message.encode();
                socket.send(text.substring(0, text.length() - 1) + ",\"demand\":" + value + "}");
                JsonObject error = socket.event();
                assertThat(error.getString("param")).isEqualTo("demand");
                assertThat(error.getInteger("status")).isEqualTo(400);
            }
            assertThat(engine.runs).isEmpty();
        }
    }

    @Test
    void creditsAreWhatFlowsAndWhatTheEngineIsAskedFor() throws Exception {
        int lookAhead = 8;
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        var config =
                Served.config(SocketLimits.DEFAULT, Served.config().transport(), Duration.ofSeconds(15), lookAhead);
        try (Served served = new Served(engine, config);
                RawSocket socket = RawSocket.open(served.port)) {
            // Two of the response's beginning, two of its message's, three of its text.
            socket.send(create(true).put("max_output_tokens", 200).put("demand", 7));
            String id = id(socket.event());
            socket.event();
            List<JsonObject> events = new ArrayList<>();
            while (events.size() < 5) {
                engine.step();
                events.addAll(read(socket, engine, 5 - events.size()));
            }
            assertThat(text(events)).isEqualTo("xxx");
            ScriptedEngine.Run run = engine.runs.getFirst();
            // What it has computed beyond what was asked for is its look-ahead, and stays that.
            for (int round = 0; round < 50; round++) {
                engine.step();
                assertNothingFlows(socket);
            }
            assertThat(run.sampled()).isBetween(3, 3 + lookAhead + 3);
            assertThat(run.demanded()).isLessThanOrEqualTo(3 + 2 * lookAhead + 3);
            socket.send(demand(id, 2));
            socket.send(demand(id, 1));
            events.addAll(read(socket, engine, 3));
            assertThat(text(events)).isEqualTo("xxxxxx");
            assertNothingFlows(socket);
            served.stepping(engine::step);
            socket.send(demand(id, Integer.MAX_VALUE));
            events.addAll(socket.response());
            assertThat(text(events)).hasSize(200);
            socket.send(demand(id, 1)); // It has ended while this was on its way.
            socket.send("{");
            assertThat(socket.event().getString("code")).isEqualTo("invalid_json");
        }
    }

    private static List<JsonObject> read(RawSocket socket, ScriptedEngine engine, int count) throws IOException {
        List<JsonObject> events = new ArrayList<>();
        Thread stepper = Thread.ofPlatform().daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                engine.step();
                Thread.onSpinWait();
            }
        });
        try {
            while (events.size() < count) {
                events.add(socket.event());
            }
        } finally {
            stepper.interrupt();
            Awaitility.await().until(() -> !stepper.isAlive());
        }
        return events;
    }

    /** The end of an answer is events, too. */
    @Test
    void anEndWaitsForCreditsAndSoDoesItsLane() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("ab");
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(true).put("demand", 3));
            String id = id(socket.event());
            socket.event();
            socket.send(create(true));
            served.stepping(engine::step);
            assertThat(socket.event().getString("type")).isEqualTo("response.output_item.added");
            for (String type : List.of(
                    "response.content_part.added",
                    "response.output_text.delta",
                    "response.output_text.delta",
                    "response.output_text.done",
                    "response.content_part.done",
                    "response.output_item.done")) {
                socket.send(demand(id, 1));
                assertThat(socket.event().getString("type")).isEqualTo(type);
            }
            assertThat(engine.runs).hasSize(1);
            socket.send(demand(id, 1));
            assertThat(socket.event().getString("type")).isEqualTo("response.completed");
            assertThat(types(socket.response())).startsWith("response.created").endsWith("response.completed");
        }
    }

    @Test
    void aClientWithoutCreditsCancelsAndSteersAllTheSame() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'x');
        try (Served served = new Served(engine, Served.config());
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(true).put("demand", 5));
            String id = id(socket.event());
            read(socket, engine, 4);
            socket.send(JsonObject.of("type", "response.steer", "previous_response_id", id, "input", "stop"));
            Awaitility.await().until(() -> {
                engine.step();
                return engine.runs.getFirst().over();
            });
            socket.send(demand(id, 1000));
            List<JsonObject> events = socket.response();
            assertThat(types(events)).contains("response.steer.accepted").endsWith("response.incomplete");
            String successor = id(socket.event()); // It begins with what the request began with.
            read(socket, engine, 4);
            assertNothingFlows(socket);
            socket.send(demand(successor, 1));
            assertThat(read(socket, engine, 1).getFirst().getString("type")).isEqualTo("response.output_text.delta");
            assertNothingFlows(socket);
            socket.send(JsonObject.of("type", "response.cancel", "response_id", successor));
            Awaitility.await().until(() -> engine.runs.getLast().cancelled());
        }
    }

    /** Two long answers at once through a socket that is slow: an event each in turn, and not one after the other. */
    @Test
    void answersTakeTurnsOnASlowSocket() throws Exception {
        int tokens = 1500;
        ScriptedEngine engine = new ScriptedEngine(at -> 'a' + at % 26);
        var config = Served.config(SocketLimits.DEFAULT, Served.SMALL_BUFFERS, Duration.ofSeconds(15), 64);
        try (Served served = new Served(engine, config).stepping(engine::step)) {
            List<String> ids = new ArrayList<>();
            int whole = 0;
            try (RawSocket socket = RawSocket.open(served.port)) {
                for (int i = 0; i < 2; i++) {
                    socket.send(create(true).put("max_output_tokens", tokens));
                    List<JsonObject> events = socket.response();
                    ids.add(id(events.getLast()));
                    whole = events.size();
                }
            }
            try (RawSocket socket = RawSocket.small(served.port)) {
                socket.send(resume(ids.get(0), -1).put("stream_id", "a"));
                socket.send(resume(ids.get(1), -1).put("stream_id", "b"));
                socket.send("{"); // When it is refused, both stand in line before a full socket.
                Awaitility.await().until(() -> served.reasons.contains("invalid_json"));
                int[] seen = new int[2];
                StringBuilder order = new StringBuilder();
                while (seen[0] < whole || seen[1] < whole) {
                    JsonObject event = socket.event();
                    if (event.getString("type").equals("error")) {
                        continue;
                    }
                    String lane = event.getString("stream_id");
                    order.append(lane);
                    assertThat(event.getInteger("sequence_number")).isEqualTo(seen[lane.equals("a") ? 0 : 1]++);
                }
                // The first has the socket for itself at first, and the other at the end.
                assertThat(order.toString()).matches("a{1,1000}(ab|ba){500,}b+");
            }
        }
    }
}
