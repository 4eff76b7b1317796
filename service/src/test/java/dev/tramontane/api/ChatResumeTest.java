package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.Seeds;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams of chats and completions that asked to be able to come back, cut and read on. */
class ChatResumeTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final List<String> ANSWERS = List.of("Grüße, 👩‍🚀!", "Und noch eine.");
    private static final int RANDOM_CUTS = 100;
    private static final String WISH = "X-Resume-Time: 30\r\n";

    private final ScriptedEngine engine = new ScriptedEngine(ANSWERS.get(0), ANSWERS.get(1));
    private TestService service = TestService.running(engine, TestService.CONFIG);

    @AfterEach
    void stop() {
        service.close();
    }

    private static String body(String path) {
        JsonObject more = new JsonObject().put("stream", true).put("n", 2).put("max_tokens", 100);
        return (path.equals(CHAT) ? TestService.chatBody(more) : TestService.body("hi", more)).encode();
    }

    private static String post(String path, String headers) {
        return RawClient.post(path, body(path)).replaceFirst("\r\n", "\r\n" + headers);
    }

    private RawClient.Answer answer(String request) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            return client.send(request).answer();
        }
    }

    private List<NumberedEvents> cutAndResumed(String path, int bytes) throws IOException {
        List<NumberedEvents> had;
        try (RawClient client = new RawClient(service.port)) {
            byte[] body = client.send(post(path, WISH)).bodyUpTo(bytes);
            had = new ArrayList<>(NumberedEvents.of(body, Math.min(bytes, body.length)));
        }
        RawClient.Answer rest =
                answer(post(path, "Last-Event-ID: " + had.getLast().id() + "\r\n"));
        assertThat(rest.status()).as(rest.body()).isEqualTo(200);
        had.addAll(NumberedEvents.of(rest.body()));
        return had;
    }

    private static void isWhole(List<NumberedEvents> events, String when) {
        assertThat(events.getLast().data()).as(when).isEqualTo("[DONE]");
        assertThat(events.stream().map(NumberedEvents::id)).as(when).doesNotHaveDuplicates();
        List<StringBuilder> texts = List.of(new StringBuilder(), new StringBuilder());
        for (NumberedEvents event : events.subList(0, events.size() - 1)) {
            JsonObject choice = event.json().getJsonArray("choices").getJsonObject(0);
            JsonObject delta = choice.getJsonObject("delta", choice);
            String text = delta.getString("content", delta.getString("text", ""));
            texts.get(choice.getInteger("index")).append(text);
        }
        assertThat(texts.stream().map(StringBuilder::toString)).as(when).containsExactlyElementsOf(ANSWERS);
    }

    @ParameterizedTest
    @CsvSource({CHAT, COMPLETIONS})
    void cutsLoseNothing(String path) throws IOException {
        byte[] whole = answer(post(path, WISH)).body().getBytes(StandardCharsets.UTF_8);
        isWhole(NumberedEvents.of(whole, whole.length), "uncut");
        List<Integer> ends = new ArrayList<>();
        for (int i = 1; i < whole.length; i++) {
            if (whole[i] == '\n' && whole[i - 1] == '\n') {
                ends.add(i + 1);
            }
        }
        for (int end : ends) {
            isWhole(cutAndResumed(path, end), "cut at an event's end, byte " + end);
        }
        Random random = new Random(Seeds.next());
        for (int i = 0; i < RANDOM_CUTS; i++) {
            int at = ends.getFirst() + random.nextInt(whole.length - ends.getFirst() + 1);
            isWhole(cutAndResumed(path, at), "cut at byte " + at);
        }
    }

    private void stepped(ReplayLimits replay) {
        service.close();
        service = TestService.keeping(
                engine, false, Doorkeeper.OPEN, replay, new ResponseStore(1 << 20, Duration.ofHours(1)));
    }

    @Test
    void waitsOnlyWhereThatWasAskedAndOnlySoLong() throws IOException {
        stepped(new ReplayLimits(1 << 20, 4, Duration.ofMillis(100)));
        for (String headers : List.of("", WISH)) {
            int before = engine.runs.size();
            String id = "";
            try (RawClient client = new RawClient(service.port)) {
                client.send(post(CHAT, headers));
                TestService.eventually().until(() -> engine.runs.size() == before + 2);
                for (int i = 0; i < 3; i++) { // The first frames wait for a second one.
                    TestService.eventually().until(engine::step);
                }
                byte[] begun = client.bodyUpTo(1);
                if (headers.isEmpty()) {
                    assertThat(new String(begun, StandardCharsets.UTF_8)).doesNotContain("id: ");
                } else {
                    id = NumberedEvents.of(begun, begun.length).getLast().id();
                }
            }
            TestService.eventually().until(() -> engine.runs.getLast().cancelled());
            if (!id.isEmpty()) {
                String late = post(CHAT, "Last-Event-ID: " + id + "\r\n");
                TestService.eventually().until(() -> answer(late).status() == 404);
            }
        }
        TestService.eventually().until(() -> service.memory.held() == 0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        X-Resume-Time: soon           | 400 | invalid_header
        X-Resume-Time: 0              | 400 | invalid_header
        Last-Event-ID: 17             | 400 | invalid_header
        Last-Event-ID: chatcmpl-x:1   | 404 | answer_not_found
        """)
    void namesWhatIsWrong(String header, int status, String code) throws IOException {
        RawClient.Answer refused = answer(post(CHAT, header + "\r\n"));
        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.json().getJsonObject("error").getString("code")).isEqualTo(code);
        assertThat(engine.runs).isEmpty();
        TestService.eventually().until(() -> service.memory.held() == 0); // Given back once the answer is sent.
    }

    @Test
    void whatWasNotSentOrIsOfAnotherPathIsRefused() throws IOException {
        String id =
                NumberedEvents.of(answer(post(CHAT, WISH)).body()).getFirst().id();
        assertThat(answer(post(CHAT, "Last-Event-ID: " + id + "99\r\n")).status())
                .isEqualTo(400);
        assertThat(answer(post(COMPLETIONS, "Last-Event-ID: " + id + "\r\n")).status())
                .isEqualTo(404);
        String whole =
                RawClient.post(CHAT, TestService.chatBody(new JsonObject()).encode());
        assertThat(answer(whole.replaceFirst("\r\n", "\r\n" + WISH)).status())
                .as("no stream")
                .isEqualTo(400);
        String named = RawClient.post(
                CHAT,
                TestService.chatBody(JsonObject.of("stream", true, "request_id", "mine"))
                        .encode());
        String request = named.replaceFirst("\r\n", "\r\n" + WISH);
        engine.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7));
        assertThat(answer(request).status()).as("nothing to come back for").isEqualTo(429);
        engine.refuse(null);
        assertThat(answer(request).status()).isEqualTo(200);
        RawClient.Answer twice = answer(request);
        assertThat(twice.json().getJsonObject("error").getString("param")).isEqualTo("request_id");
    }
}
