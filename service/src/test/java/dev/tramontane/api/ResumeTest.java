package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.fixtures.GatedTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.Seeds;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams of responses that are cut and read on: no token is lost, none comes twice, and nobody computes for nobody. */
class ResumeTest {
    private static final String PATH = "/v1/responses";
    private static final String ANSWER = "Grüße, 👩‍🚀! The rest is plain.";
    private static final int RANDOM_CUTS = 1000;

    private final ScriptedEngine engine = new ScriptedEngine(ANSWER);
    private TestService service = TestService.running(engine, TestService.CONFIG);

    @AfterEach
    void stop() {
        service.close();
    }

    private void stepped(ReplayLimits replay) {
        service.close();
        service = TestService.keeping(
                engine, false, Doorkeeper.OPEN, replay, new ResponseStore(1 << 20, Duration.ofHours(1)));
    }

    private static String request() {
        return RawClient.post(
                PATH,
                JsonObject.of("model", TestService.MODEL, "input", "Hello", "stream", true)
                        .encode());
    }

    private static String idOf(List<NumberedEvents> events) {
        return events.getFirst().json().getJsonObject("response").getString("id");
    }

    /** A stream of which the client has so many bytes when its connection goes; what comes after by another connection. */
    private List<NumberedEvents> cutAndResumed(int bytes) throws IOException {
        List<NumberedEvents> had;
        try (RawClient client = new RawClient(service.port)) {
            byte[] body = client.send(request()).bodyUpTo(bytes);
            had = new ArrayList<>(NumberedEvents.of(body, Math.min(bytes, body.length)));
        }
        String again = PATH + "/" + idOf(had) + "?stream=true";
        HttpRequest.Builder resumption = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + again))
                .header("Last-Event-ID", had.getLast().id());
        TestService.Reply rest = service.send(resumption);
        assertThat(rest.status()).as(rest.body()).isEqualTo(200);
        had.addAll(NumberedEvents.of(rest.body()));
        return had;
    }

    private static void isWhole(List<NumberedEvents> events, String when) {
        assertThat(NumberedEvents.text(events)).as(when).isEqualTo(ANSWER);
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).id()).as(when).isEqualTo("" + i);
        }
        assertThat(events.getLast().type()).as(when).isEqualTo("response.completed");
    }

    @Test
    void cutsAtEveryEventAndAtAThousandBytesLoseNothing() throws IOException {
        byte[] whole = service.post(
                        PATH,
                        JsonObject.of("model", TestService.MODEL, "input", "Hello", "stream", true)
                                .encode())
                .body()
                .getBytes(StandardCharsets.UTF_8);
        List<Integer> ends = new ArrayList<>();
        for (int i = 1; i < whole.length; i++) {
            if (whole[i] == '\n' && whole[i - 1] == '\n') {
                ends.add(i + 1);
            }
        }
        isWhole(NumberedEvents.of(whole, whole.length), "uncut");
        for (int end : ends) {
            isWhole(cutAndResumed(end), "cut at an event's end, byte " + end);
        }
        Random random = new Random(Seeds.next());
        for (int i = 0; i < RANDOM_CUTS; i++) {
            int at = ends.getFirst() + random.nextInt(whole.length - ends.getFirst() + 1);
            isWhole(cutAndResumed(at), "cut at byte " + at);
        }
        TestService.eventually().until(() -> service.observer.openStreams.get() == 0);
    }

    /** Steps until the reader has been sent something, and gives what. */
    private List<NumberedEvents> begun(RawClient client) throws IOException {
        int before = engine.runs.size();
        client.send(request());
        TestService.eventually().until(() -> engine.runs.size() > before && engine.step());
        return new ArrayList<>(NumberedEvents.of(new String(client.bodyUpTo(1), StandardCharsets.UTF_8)));
    }

    @Test
    void parksWithoutAReaderAndGoesOnWithOne() throws IOException {
        stepped(ReplayLimits.DEFAULT);
        List<NumberedEvents> had;
        try (RawClient client = new RawClient(service.port)) {
            had = begun(client);
        }
        ScriptedEngine.Run run = engine.runs.getFirst();
        TestService.eventually().until(() -> service.observer.disconnects.get() == 1);
        long demanded = run.demanded();
        assertThat(run.cancelled()).isFalse();
        try (RawClient other = new RawClient(service.port)) {
            other.send("GET " + PATH + "/" + idOf(had) + "?stream=true HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: "
                    + had.getLast().id() + "\r\n\r\n");
            TestService.eventually().until(() -> !engine.step() && run.over());
            byte[] rest = other.bodyUpTo(Integer.MAX_VALUE);
            had.addAll(NumberedEvents.of(rest, rest.length));
        }
        isWhole(had, "resumed");
        assertThat(demanded).isPositive();
    }

    @Test
    void isCancelledWhenNobodyComesBackInTime() throws IOException {
        stepped(new ReplayLimits(1 << 20, 4, Duration.ofMillis(50)));
        List<NumberedEvents> had;
        try (RawClient client = new RawClient(service.port)) {
            had = begun(client);
        }
        TestService.eventually().until(() -> engine.runs.getFirst().cancelled());
        String one = PATH + "/" + idOf(had);
        assertThat(service.get(one).json().getString("status")).isEqualTo("cancelled");
        TestService.Reply late =
                service.get(one + "?stream=true&starting_after=" + had.getLast().id());
        assertThat(NumberedEvents.of(late.body()).getLast().type()).isEqualTo("response.incomplete");
        TestService.eventually().until(() -> service.memory.held() == 0);
    }

    /** Nobody was told its id, so nobody could come back for it: a response's, or a chat's that wished to be waited for. */
    @Test
    void whatWasLeftBeforeItsFirstEventIsNotKept() throws IOException {
        for (String request : List.of(
                request(),
                RawClient.post(
                                "/v1/chat/completions",
                                TestService.chatBody(new JsonObject().put("stream", true))
                                        .encode())
                        .replaceFirst("\r\n", "\r\nX-Resume-Time: 600\r\n"))) {
            GatedTokenizer tokenizer = new GatedTokenizer();
            service.close();
            service = TestService.waiting(engine, tokenizer, Duration.ofHours(1));
            try (RawClient client = new RawClient(service.port)) {
                client.send(request);
                TestService.eventually().until(tokenizer::isEntered);
            }
            TestService.eventually().until(() -> service.responses.count() == 0 && service.memory.held() == 0);
            assertThat(engine.runs).isEmpty();
            tokenizer.open();
        }
    }

    @Test
    void whatIsNotStoredEndsWithItsReader() throws IOException {
        stepped(ReplayLimits.DEFAULT);
        for (String fields : List.of("\"stream\": true, \"store\": false", "\"stream\": false")) {
            int before = engine.runs.size();
            try (RawClient client = new RawClient(service.port)) {
                client.send(RawClient.post(PATH, "{\"input\": \"Hello\", " + fields + "}"));
                TestService.eventually().until(() -> engine.runs.size() > before);
            }
            TestService.eventually().until(() -> engine.runs.getLast().cancelled());
        }
        TestService.eventually().until(() -> service.memory.held() == 0);
    }

    @Test
    void eventsThatWereDroppedAreAnErrorByName() throws IOException {
        stepped(new ReplayLimits(1500, 4, Duration.ofSeconds(30)));
        try (RawClient client = new RawClient(service.port)) {
            List<NumberedEvents> had = begun(client);
            TestService.eventually()
                    .until(() -> !engine.step() && engine.runs.getFirst().over());
            byte[] rest;
            try {
                rest = upToEnd(client);
            } catch (EOFException closed) {
                throw new AssertionError("the reader in time is not concerned", closed);
            }
            had.addAll(NumberedEvents.of(rest, rest.length));
            isWhole(had, "read in time");
            TestService.Reply late = service.get(PATH + "/" + idOf(had) + "?stream=true&starting_after=3");
            assertThat(late.status()).isEqualTo(410);
            assertThat(late.error().getString("code")).isEqualTo("events_expired");
            assertThat(late.error().getString("message")).contains("are not kept any more");
            assertThat(service.get(PATH + "/" + idOf(had)).json().getString("status"))
                    .isEqualTo("completed");
        }
    }

    private static byte[] upToEnd(RawClient client) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
            body.writeBytes(chunk);
        }
        return body.toByteArray();
    }
}
