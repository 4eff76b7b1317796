package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that one server could not finish and another one does: no token is lost, none comes twice. */
class HandedOverTest {
    private static final String PATH = "/v1/responses";
    private static final String ANSWER = "Grüße, 👩‍🚀! The rest is plain.";
    private static final int LENGTH = ANSWER.getBytes(StandardCharsets.UTF_8).length;
    private static final int MODEL = 1;
    private static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 32, 32),
            new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
            new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20));

    @TempDir
    private Path answers;

    private final List<TestService> services = new ArrayList<>();

    @AfterEach
    void stop() {
        services.forEach(TestService::close);
    }

    private TestService scripted(ScriptedEngine engine, boolean stepping, Doorkeeper doorkeeper, int model) {
        TestService service = TestService.keeping(
                engine, stepping, doorkeeper, ReplayLimits.DEFAULT, new ResponseStore(1 << 24, Duration.ofHours(1)));
        services.add(service);
        return service.sharing(answers, model);
    }

    private TestService scripted(ScriptedEngine engine, boolean stepping) {
        return scripted(engine, stepping, Doorkeeper.OPEN, MODEL);
    }

    private TestService computing(FakeModel model) {
        TestService service = TestService.on(model, ENGINE, TestService.CONFIG);
        services.add(service);
        return service.sharing(answers, MODEL);
    }

    private static JsonObject body() {
        return JsonObject.of("model", TestService.MODEL, "input", "Hello", "stream", true);
    }

    private List<Path> files() {
        try (Stream<Path> all = Files.list(answers)) {
            return all.toList();
        } catch (IOException broken) {
            throw new AssertionError(broken);
        }
    }

    /** What the server left has been taken, and nothing else lies about. */
    private void nothingIsLeft() {
        TestService.eventually().untilAsserted(() -> assertThat(files()).isEmpty());
    }

    private static String idOf(List<NumberedEvents> events) {
        return events.getFirst().json().getJsonObject("response").getString("id");
    }

    private static List<NumberedEvents> readTo(RawClient client, int events) throws IOException {
        StringBuilder body = new StringBuilder();
        while (numbered(body).size() < events) {
            byte[] chunk = client.chunk();
            if (chunk.length == 0) {
                break;
            }
            body.append(new String(chunk, StandardCharsets.UTF_8));
        }
        return numbered(body);
    }

    private static List<NumberedEvents> numbered(StringBuilder body) {
        return NumberedEvents.of(body.toString()).stream()
                .filter(event -> !event.type().equals("keepalive"))
                .toList();
    }

    private static List<NumberedEvents> resumed(TestService service, String id, String after) {
        TestService.Reply reply = service.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + service.port + PATH + "/" + id + "?stream=true"))
                .header("Last-Event-ID", after));
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return NumberedEvents.of(reply.body());
    }

    /** The last of the events is the notice; those before it stay. */
    private static JsonObject notice(List<NumberedEvents> events) {
        NumberedEvents last = events.removeLast();
        assertThat(last.type()).isEqualTo("response.incomplete");
        JsonObject response = last.json().getJsonObject("response");
        assertThat(response.getJsonObject("incomplete_details").getString("reason"))
                .isEqualTo("draining");
        JsonObject resume = last.json().getJsonObject("resume");
        int before = Integer.parseInt(events.getLast().id());
        assertThat(last.id()).isEqualTo("" + before);
        assertThat(last.json().getInteger("sequence_number")).isEqualTo(before);
        assertThat(resume.getString("response_id")).isEqualTo(response.getString("id"));
        assertThat(resume.getInteger("starting_after")).isEqualTo(before);
        assertThat(resume.getString("url"))
                .isEqualTo(PATH + "/" + response.getString("id") + "?stream=true&starting_after=" + before);
        assertThat(resume.getJsonObject("message"))
                .isEqualTo(JsonObject.of(
                        "type", "response.resume", "response_id", response.getString("id"), "starting_after", before));
        return resume;
    }

    private static JsonObject isWhole(List<NumberedEvents> events, String when) {
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).id()).as(when).isEqualTo("" + i);
            assertThat(events.get(i).json().getInteger("sequence_number"))
                    .as(when)
                    .isEqualTo(i);
        }
        NumberedEvents last = events.getLast();
        assertThat(last.type()).as(when).isEqualTo("response.completed");
        return last.json().getJsonObject("response");
    }

    /** Reads so many events, and what follows when the server leaves. */
    private static List<NumberedEvents> cut(TestService service, RawClient client, int events) throws IOException {
        List<NumberedEvents> had = new ArrayList<>(readTo(client, events));
        assertThat(service.leave()).isEqualTo(1);
        had.addAll(readTo(client, Integer.MAX_VALUE));
        return had;
    }

    @Test
    void aStreamCutAfterAnyTokenGoesOnElsewhere() throws IOException {
        for (int tokens : new int[] {0, 1, 2, 3, 4, 8, 12, 19, LENGTH - 1, LENGTH}) { // Within characters, too.
            ScriptedEngine first = new ScriptedEngine(ANSWER);
            first.cached = 2;
            TestService leaving = scripted(first, false);
            List<NumberedEvents> events;
            try (RawClient client = new RawClient(leaving.port)) {
                client.send(RawClient.post(PATH, body().encode()));
                assertThat(client.head()).contains("200 ok");
                for (int i = 0; i < tokens; i++) {
                    TestService.eventually().until(first::step);
                }
                events = cut(leaving, client, 2);
            }
            notice(events);
            ScriptedEngine second = new ScriptedEngine(ANSWER);
            second.cached = 1;
            TestService next = scripted(second, true);
            String after = events.getLast().id();
            events.addAll(resumed(next, idOf(events), after));
            JsonObject whole = isWhole(events, "cut after " + tokens + " tokens");
            assertThat(NumberedEvents.text(events)).isEqualTo(ANSWER);
            JsonObject usage = whole.getJsonObject("usage");
            assertThat(usage.getInteger("output_tokens")).isEqualTo(LENGTH + 1);
            assertThat(usage.getInteger("input_tokens"))
                    .isEqualTo(first.runs.getFirst().submission.prompt().length);
            assertThat(usage.getJsonObject("input_tokens_details").getInteger("cached_tokens"))
                    .as("what was found where the answer began")
                    .isEqualTo(tokens == 0 ? 1 : 2);
            assertThat(second.runs.getFirst().submission.prompt())
                    .as("its prompt are the tokens that were computed")
                    .startsWith(first.runs.getFirst().submission.prompt());
            assertThat(next.get(PATH + "/" + idOf(events)).json()).isEqualTo(whole);
            nothingIsLeft();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1.3"})
    void whatIsSampledGoesOnAsItWould(String temperature) throws IOException {
        JsonObject body = body().put("temperature", Double.parseDouble(temperature))
                .put("max_output_tokens", 60)
                .put("seed", 7);
        TestService uncut = computing(FakeModel.of(ByteTokenizer.SIZE, 0, 24));
        List<NumberedEvents> wanted =
                NumberedEvents.of(uncut.post(PATH, body.encode()).body());
        JsonObject whole = wanted.getLast().json().getJsonObject("response");
        for (int steps : new int[] {2, 9, 41}) {
            FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 0, 24);
            TestService leaving = computing(model);
            model.gate(new Semaphore(steps));
            List<NumberedEvents> events;
            try (RawClient client = new RawClient(leaving.port)) {
                client.send(RawClient.post(PATH, body.encode()));
                assertThat(client.head()).contains("200 ok");
                events = cut(leaving, client, 2);
            }
            model.gate(null);
            notice(events);
            TestService next = computing(FakeModel.of(ByteTokenizer.SIZE, 0, 24));
            events.addAll(resumed(next, idOf(events), events.getLast().id()));
            assertThat(NumberedEvents.text(events)).isEqualTo(NumberedEvents.text(wanted));
            JsonObject last = events.getLast().json().getJsonObject("response");
            for (String same : List.of("input_tokens", "output_tokens", "total_tokens")) {
                assertThat(last.getJsonObject("usage").getInteger(same))
                        .as(same)
                        .isEqualTo(whole.getJsonObject("usage").getInteger(same));
            }
            assertThat(events).hasSameSizeAs(wanted);
        }
        nothingIsLeft();
    }

    @Test
    void aSecondEndHandsItOnAgain() throws IOException {
        ScriptedEngine first = new ScriptedEngine(ANSWER);
        TestService leaving = scripted(first, false);
        List<NumberedEvents> events;
        try (RawClient client = new RawClient(leaving.port)) {
            client.send(RawClient.post(PATH, body().encode()));
            client.head();
            steps(first, 5);
            events = cut(leaving, client, 5);
        }
        notice(events);
        ScriptedEngine second = new ScriptedEngine(ANSWER);
        TestService middle = scripted(second, false);
        try (RawClient client = new RawClient(middle.port)) {
            client.send(
                    "GET " + PATH + "/" + idOf(events) + "?stream=true HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: "
                            + events.getLast().id() + "\r\n\r\n");
            assertThat(client.head()).contains("200 ok");
            TestService.eventually().until(() -> !second.runs.isEmpty());
            steps(second, 7);
            events.addAll(cut(middle, client, 1));
        }
        notice(events);
        TestService last = scripted(new ScriptedEngine(ANSWER), true);
        events.addAll(resumed(last, idOf(events), events.getLast().id()));
        JsonObject whole = isWhole(events, "handed on twice");
        assertThat(NumberedEvents.text(events)).isEqualTo(ANSWER);
        assertThat(whole.getJsonObject("usage").getInteger("output_tokens")).isEqualTo(LENGTH + 1);
        nothingIsLeft();
    }

    private static void steps(ScriptedEngine engine, int count) {
        for (int i = 0; i < count; i++) {
            TestService.eventually().until(engine::step);
        }
    }

    @Test
    void aSocketIsToldAndGoesOnByAnother() throws IOException {
        ScriptedEngine first = new ScriptedEngine(ANSWER);
        TestService leaving = scripted(first, false);
        List<JsonObject> events = new ArrayList<>();
        try (RawClient client = new RawClient(leaving.port)) {
            client.send(RawClient.upgrade());
            client.head();
            client.send(RawClient.message(
                    JsonObject.of("type", "response.create", "model", TestService.MODEL, "input", "Hello")));
            steps(first, 9);
            for (int i = 0; i < 6; i++) {
                events.add(client.event());
            }
            assertThat(leaving.leave()).isEqualTo(1);
            while (!events.getLast().getString("type").equals("response.incomplete")) {
                events.add(client.event());
            }
        }
        JsonObject resume = events.removeLast().getJsonObject("resume");
        TestService next = scripted(new ScriptedEngine(ANSWER), true);
        try (RawClient client = new RawClient(next.port)) {
            client.send(RawClient.upgrade());
            client.head();
            client.send(RawClient.message(resume.getJsonObject("message")));
            while (!events.getLast().getString("type").equals("response.completed")) {
                events.add(client.event());
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            text.append(events.get(i).getString("delta", ""));
        }
        assertThat(text.toString()).isEqualTo(ANSWER);
        nothingIsLeft();
    }

    @Test
    void whatNobodyReadsIsFetchedFromTheNext() {
        ScriptedEngine first = new ScriptedEngine(ANSWER);
        TestService leaving = scripted(first, false);
        CompletableFuture<TestService.Reply> waits = CompletableFuture.supplyAsync(
                () -> leaving.post(PATH, body().put("stream", false).encode()));
        TestService.eventually().until(() -> !first.runs.isEmpty());
        TestService.Reply background = leaving.post(
                PATH, body().put("stream", false).put("background", true).encode());
        steps(first, 6);
        assertThat(leaving.leave()).isEqualTo(2);
        JsonObject piece = waits.join().json();
        assertThat(piece.getString("status")).isEqualTo("incomplete");
        assertThat(piece.getJsonObject("resume"))
                .isEqualTo(
                        JsonObject.of("response_id", piece.getString("id"), "url", PATH + "/" + piece.getString("id")));
        TestService next = scripted(new ScriptedEngine(ANSWER), true);
        for (String id : List.of(piece.getString("id"), background.json().getString("id"))) {
            TestService.eventually()
                    .untilAsserted(
                            () -> assertThat(next.get(PATH + "/" + id).json().getString("status"))
                                    .isEqualTo("completed"));
            assertThat(next.get(PATH + "/" + id).json().getJsonObject("usage").getInteger("output_tokens"))
                    .isEqualTo(LENGTH + 1);
        }
        nothingIsLeft();
    }

    @Test
    void whatHasEndedIsThereAndGoesOn() {
        TestService leaving = scripted(new ScriptedEngine(ANSWER), true);
        JsonObject first =
                leaving.post(PATH, body().put("stream", false).encode()).json();
        List<NumberedEvents> second =
                NumberedEvents.of(leaving.post(PATH, body().encode()).body());
        JsonObject third =
                leaving.post(PATH, body().put("stream", false).encode()).json();
        assertThat(leaving.leave()).isZero();
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        TestService next = scripted(engine, true);
        assertThat(next.get(PATH + "/" + idOf(second) + "?stream=true").body())
                .isEqualTo(second.stream()
                        .map(event ->
                                "event: " + event.type() + "\nid: " + event.id() + "\ndata: " + event.data() + "\n\n")
                        .reduce("", String::concat));
        JsonObject continued = next.post(
                        PATH,
                        body().put("stream", false)
                                .put("input", "more")
                                .put("previous_response_id", first.getString("id"))
                                .encode())
                .json();
        assertThat(continued.getString("previous_response_id"))
                .as(continued.encode())
                .isEqualTo(first.getString("id"));
        assertThat(prompt(engine, 0)).endsWith("user:Helloassistant:" + ANSWER + "user:moreassistant:");
        String item = third.getJsonArray("output").getJsonObject(0).getString("id");
        TestService.Reply referring = next.post(PATH, """
            {"model": "%s", "input": [{"type": "item_reference", "id": "%s"}, {"role": "user", "content": "?"}]}\
            """.formatted(TestService.MODEL, item));
        assertThat(referring.status()).as(referring.body()).isEqualTo(200);
        assertThat(prompt(engine, 1)).contains("assistant:" + ANSWER + "user:?");
        nothingIsLeft();
    }

    private static String prompt(ScriptedEngine engine, int run) {
        byte[] bytes = new byte[ScriptedEngine.CONTEXT];
        int length = 0;
        for (int id : engine.runs.get(run).submission.prompt()) {
            if (id < 256) {
                bytes[length++] = (byte) id;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    @Test
    void aSocketContinuesWhatAnotherServerHasEnded() throws IOException {
        TestService leaving = scripted(new ScriptedEngine(ANSWER), true);
        JsonObject first =
                leaving.post(PATH, body().put("stream", false).encode()).json();
        leaving.leave();
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        TestService next = scripted(engine, true);
        try (RawClient client = new RawClient(next.port)) {
            client.send(RawClient.upgrade());
            client.head();
            client.send(RawClient.message(JsonObject.of(
                    "type",
                    "response.create",
                    "model",
                    TestService.MODEL,
                    "input",
                    "more",
                    "previous_response_id",
                    first.getString("id"))));
            assertThat(client.event().getString("type")).isEqualTo("response.created");
        }
        assertThat(prompt(engine, 0)).endsWith("assistant:" + ANSWER + "user:moreassistant:");
    }

    @Test
    void oneOfTwoTakesIt() {
        TestService leaving = scripted(new ScriptedEngine(ANSWER), true);
        JsonObject answer =
                leaving.post(PATH, body().put("stream", false).encode()).json();
        leaving.leave();
        TestService one = scripted(new ScriptedEngine(ANSWER), true);
        TestService other = scripted(new ScriptedEngine(ANSWER), true);
        String path = PATH + "/" + answer.getString("id");
        List<CompletableFuture<Integer>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            TestService service = i % 2 == 0 ? one : other;
            asked.add(CompletableFuture.supplyAsync(() -> service.get(path).status()));
        }
        asked.forEach(CompletableFuture::join);
        List<Integer> statuses = asked.stream().map(CompletableFuture::join).toList();
        assertThat(statuses).containsOnly(200, 404);
        assertThat(one.get(path).status() + other.get(path).status()).isEqualTo(200 + 404);
        nothingIsLeft();
    }

    @Test
    void whatTheEngineRefusesIsGivenBack() throws IOException {
        ScriptedEngine first = new ScriptedEngine(ANSWER);
        String id = leftUnderWay(first, Doorkeeper.OPEN, "");
        ScriptedEngine full = new ScriptedEngine(ANSWER);
        full.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 3));
        TestService busy = scripted(full, true);
        TestService.Reply refused = busy.get(PATH + "/" + id);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Retry-After")).isEqualTo("3");
        assertThat(busy.responses.count()).isZero();
        TestService next = scripted(new ScriptedEngine(ANSWER), true);
        List<NumberedEvents> events = resumed(next, id, "0");
        assertThat(events.getLast().type()).isEqualTo("response.completed");
        nothingIsLeft();
    }

    private String leftUnderWay(ScriptedEngine engine, Doorkeeper doorkeeper, String key) throws IOException {
        TestService leaving = scripted(engine, false, doorkeeper, MODEL);
        try (RawClient client = new RawClient(leaving.port)) {
            String request = RawClient.post(PATH, body().encode());
            client.send(
                    key.isEmpty()
                            ? request
                            : request.replaceFirst("\r\n", "\r\nAuthorization: Bearer " + key + "\r\n"));
            client.head();
            steps(engine, 3);
            List<NumberedEvents> events = cut(leaving, client, 2);
            notice(events);
            return idOf(events);
        }
    }

    @Test
    void itIsWhoseItWas() throws IOException {
        String mine = SecretKey.make(new SecureRandom());
        String yours = SecretKey.make(new SecureRandom());
        KeyLimits none = KeyLimits.NONE;
        KeyRing ring = new KeyRing(
                List.of(
                        new KeyEntry("mine", SecretKey.hash(mine), none),
                        new KeyEntry("yours", SecretKey.hash(yours), none)),
                System::nanoTime);
        Doorkeeper keeper = Doorkeeper.of(ring, KeyObserver.NONE);
        String id = leftUnderWay(new ScriptedEngine(ANSWER), keeper, mine);
        TestService next = scripted(new ScriptedEngine(ANSWER), true, keeper, MODEL);
        assertThat(get(next, id, yours).status()).isEqualTo(404);
        assertThat(files()).hasSize(1);
        assertThat(get(next, id, mine).status()).isEqualTo(200);
    }

    private static TestService.Reply get(TestService service, String id, String key) {
        return service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + PATH + "/" + id))
                .header("Authorization", "Bearer " + key));
    }

    @Test
    void anotherModelLeavesItToItsOwn() throws IOException {
        String id = leftUnderWay(new ScriptedEngine(ANSWER), Doorkeeper.OPEN, "");
        TestService other = scripted(new ScriptedEngine(ANSWER), true, Doorkeeper.OPEN, MODEL + 1);
        TestService.Reply refused = other.get(PATH + "/" + id);
        assertThat(refused.status()).isEqualTo(404);
        assertThat(refused.error().getString("code")).isEqualTo("answer_of_another_model");
        TestService next = scripted(new ScriptedEngine(ANSWER), true);
        assertThat(next.get(PATH + "/" + id).status()).isEqualTo(200);
    }

    @Test
    void whatIsDamagedIsNamedAndRemoved() throws IOException {
        String id = leftUnderWay(new ScriptedEngine(ANSWER), Doorkeeper.OPEN, "");
        Path file = files().getFirst();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        TestService next = scripted(new ScriptedEngine(ANSWER), true);
        TestService.Reply refused = next.get(PATH + "/" + id);
        assertThat(refused.status()).isEqualTo(410);
        assertThat(refused.error().getString("code")).isEqualTo("answer_damaged");
        assertThat(refused.error().getString("message")).contains("its checksum does not fit");
        nothingIsLeft();
        assertThat(next.get(PATH + "/" + id).status()).isEqualTo(404);
    }

    @Test
    void aServerThatLeavesTakesNothing() throws IOException {
        String id = leftUnderWay(new ScriptedEngine(ANSWER), Doorkeeper.OPEN, "");
        TestService leaving = scripted(new ScriptedEngine(ANSWER), true);
        leaving.leave();
        TestService.Reply refused = leaving.get(PATH + "/" + id);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(files()).hasSize(1);
    }

    @Test
    void whatIsDeletedMeanwhileIsNotLeft() throws IOException {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        TestService leaving = scripted(engine, true);
        JsonObject answer =
                leaving.post(PATH, body().put("stream", false).encode()).json();
        leaving.leave();
        assertThat(files()).hasSize(1);
        String path = PATH + "/" + answer.getString("id");
        assertThat(leaving.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + leaving.port + path))
                                .method("DELETE", HttpRequest.BodyPublishers.noBody()))
                        .status())
                .isEqualTo(200);
        nothingIsLeft();
    }
}
