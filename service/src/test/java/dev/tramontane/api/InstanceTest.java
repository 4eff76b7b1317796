package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two servers behind one address: what one of them made is not unknown to the other, but elsewhere. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstanceTest {
    private static final String RESPONSES = "/v1/responses";
    private static final String CHAT = "/v1/chat/completions";
    private static final Instance FIRST = Instance.named("tramontane-1");
    private static final Instance SECOND = Instance.named("tramontane-2");

    private final TestService first = TestService.running(new ScriptedEngine("Hi!"), TestService.CONFIG.as(FIRST));
    private final TestService second = TestService.running(new ScriptedEngine("Hi!"), TestService.CONFIG.as(SECOND));

    @AfterAll
    void stop() {
        first.close();
        second.close();
    }

    private static JsonObject input(String text) {
        return new JsonObject().put("model", TestService.MODEL).put("input", text);
    }

    private static String stored(TestService service) {
        TestService.Reply reply =
                service.post(RESPONSES, input("Hello").put("stream", true).encode());
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return NumberedEvents.of(reply.body())
                .getFirst()
                .json()
                .getJsonObject("response")
                .getString("id");
    }

    private static TestService.Reply send(TestService service, String method, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return service.send(request);
    }

    private static void isElsewhere(TestService.Reply reply, String id, @Nullable String param) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(421);
        assertThat(reply.headers().get("x-tramontane-instance")).containsExactly(FIRST.mark());
        assertThat(reply.error().getString("code")).isEqualTo("response_elsewhere");
        assertThat(reply.error().getString("param")).isEqualTo(param);
        assertThat(reply.error().getString("message")).contains(id, FIRST.mark(), SECOND.mark(), Instance.HEADER);
    }

    @Test
    void everyAnswerSaysWhoseItIs() throws IOException {
        assertThat(first.get("/v1/models").headers().get("x-tramontane-instance"))
                .containsExactly(FIRST.mark());
        assertThat(second.get("/nowhere").headers().get("x-tramontane-instance"))
                .containsExactly(SECOND.mark());
        try (RawClient client = new RawClient(second.port)) {
            assertThat(client.send("GET /v1/models HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
                            .answer()
                            .head())
                    .as("refused before any route")
                    .contains("x-tramontane-instance: " + SECOND.mark());
        }
        try (RawClient client = new RawClient(second.port)) {
            assertThat(client.send(RawClient.upgrade()).head())
                    .contains("101 switching protocols", "x-tramontane-instance: " + SECOND.mark());
        }
    }

    @Test
    void idsBeginWithTheServersMark() {
        assertThat(stored(first)).startsWith("resp_" + FIRST.mark());
        assertThat(first.chat(TestService.chatBody(new JsonObject())).json().getString("id"))
                .startsWith("chatcmpl-" + FIRST.mark());
        assertThat(first.completion(TestService.body("hi", new JsonObject()))
                        .json()
                        .getString("id"))
                .startsWith("cmpl-" + FIRST.mark());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET %s",
                "GET %s?stream=true",
                "GET %s?stream=true&starting_after=1",
                "GET %s/input_items",
                "POST %s/cancel",
                "DELETE %s"
            })
    void aResponseOfAnotherServerIsElsewhere(String asked) {
        String id = stored(first);
        String[] parts = asked.formatted(RESPONSES + "/" + id).split(" ", 2);
        isElsewhere(send(second, parts[0], parts[1]), id, "response_id");
        isElsewhere(send(second, parts[0], parts[1], "Last-Event-ID", "1"), id, "response_id");
        assertThat(send(first, parts[0], parts[1]).status())
                .as("the server that made it")
                .isEqualTo(200);
    }

    @Test
    void aConversationOfAnotherServerIsElsewhere() {
        String id = stored(first);
        String next = input("more").put("previous_response_id", id).encode();
        isElsewhere(second.post(RESPONSES, next), id, "previous_response_id");
        assertThat(first.post(RESPONSES, next).status()).isEqualTo(200);
        JsonObject reference = JsonObject.of("type", "item_reference", "id", "msg_" + id.substring("resp_".length()));
        String referring = new JsonObject()
                .put("model", TestService.MODEL)
                .put("input", List.of(reference))
                .encode();
        isElsewhere(second.post(RESPONSES, referring), id, "input");
        assertThat(first.post(RESPONSES, referring).status()).isEqualTo(200);
    }

    @Test
    void aChatOfAnotherServerIsElsewhere() throws IOException {
        String body = TestService.chatBody(new JsonObject().put("stream", true)).encode();
        String last;
        try (RawClient client = new RawClient(first.port)) {
            last = NumberedEvents.of(
                            client.send(RawClient.post(CHAT, body).replaceFirst("\r\n", "\r\nX-Resume-Time: 30\r\n"))
                                    .answer()
                                    .body())
                    .getFirst()
                    .id();
        }
        HttpRequest.Builder resumed = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + second.port + CHAT))
                .headers("Content-Type", "application/json", "Last-Event-ID", last)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        isElsewhere(second.send(resumed), last.substring(0, last.lastIndexOf(':')), null);
        try (RawClient client = new RawClient(first.port)) {
            String again = RawClient.post(CHAT, body).replaceFirst("\r\n", "\r\nLast-Event-ID: " + last + "\r\n");
            assertThat(client.send(again).answer().status())
                    .as("the server that made it")
                    .isEqualTo(200);
        }
    }

    /** What is not of the form that servers with a name give is nobody's, and what this server made and has not is gone. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "resp_x",
                "resp_0123456789abcdef0123456789abcdef01234567",
                "resp_0123456789ABCDEF0123456789abcdef0123456789abcdef",
                "resp_0123456789abcdef0123456789abcdef0123456789abcdef0",
                "msg_0123456789abcdef0123456789abcdef0123456789abcdef"
            })
    void anIdWithoutAMarkIsUnknown(String id) {
        TestService.Reply reply = second.get(RESPONSES + "/" + id);
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.error().getString("code")).isEqualTo("response_not_found");
        assertThat(reply.headers().get("x-tramontane-instance")).containsExactly(SECOND.mark());
    }

    @Test
    void whatItMadeItselfAndHasNotIsUnknown() {
        String id = stored(second);
        assertThat(send(second, "DELETE", RESPONSES + "/" + id).status()).isEqualTo(200);
        assertThat(second.get(RESPONSES + "/" + id).error().getString("code")).isEqualTo("response_not_found");
    }

    @Test
    void aServerThatStandsAloneKnowsOfNoOther() {
        String foreign = stored(first);
        try (TestService alone = TestService.running(new ScriptedEngine("Hi!"), TestService.CONFIG)) {
            TestService.Reply reply = alone.get(RESPONSES + "/" + foreign);
            assertThat(reply.status()).isEqualTo(404);
            assertThat(reply.headers()).doesNotContainKey("x-tramontane-instance");
        }
        assertThat(Instance.ALONE.elsewhere(foreign, "")).isEqualTo(Optional.empty());
    }

    @Test
    void marksAreOfOneLengthAndDifferByName() {
        assertThat(List.of(
                        FIRST.mark(),
                        SECOND.mark(),
                        Instance.named("x".repeat(253)).mark()))
                .allMatch(mark -> mark.length() == Instance.LENGTH)
                .doesNotHaveDuplicates();
        assertThat(FIRST).isEqualTo(Instance.named("tramontane-1"));
        assertThatThrownBy(() -> new Instance("tramontane-1")).isInstanceOf(IllegalArgumentException.class);
    }
}
