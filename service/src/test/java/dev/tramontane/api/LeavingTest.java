package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A service that shuts down gives up its kept connections, each with an answer. */
class LeavingTest {
    private static final int QUIET_MILLIS = 30_000; // Only a hang reaches it.
    private static final String STREAMED = RawClient.post("/v1/completions", "{\"prompt\": \"p\", \"stream\": true}");

    private final ScriptedEngine engine = new ScriptedEngine("answer");
    private final TestService service =
            TestService.stepped(engine, TestService.config(TransportLimits.DEFAULT, 64, Duration.ofSeconds(15)));

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void anAnswerIsTheLastOfItsConnection() throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            assertThat(client.send(RawClient.get("/livez")).answer().closes()).isFalse();
            service.service.leave();
            RawClient.Answer last = client.send(RawClient.get("/livez")).answer();
            assertThat(last.status()).isEqualTo(200);
            assertThat(last.closes()).isTrue();
            assertThat(client.rest(QUIET_MILLIS)).as("and its end").isEmpty();
        }
        TestService.eventually().until(() -> service.observer.connections.get() == 0);
    }

    /** Requests that were there before are told as well, as long as their heads are not out. */
    @Test
    void soIsOneThatWasUnderWay() throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            client.send(STREAMED);
            TestService.eventually().until(() -> !engine.runs.isEmpty());
            service.service.leave();
            TestService.eventually().until(() -> {
                engine.step();
                return service.observer.requests.contains("POST /v1/completions 200");
            });
            RawClient.Answer whole = client.answer();
            assertThat(whole.closes()).isTrue();
            assertThat(whole.body()).endsWith("data: [DONE]\n\n");
            assertThat(client.rest(QUIET_MILLIS)).isEmpty();
        }
    }

    @Test
    void aRefusalIsToo() throws IOException {
        service.service.leave();
        try (RawClient client = new RawClient(service.port)) {
            RawClient.Answer refused =
                    client.send(RawClient.post("/v1/completions", "{}")).answer();
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.closes()).isTrue();
            assertThat(client.rest(QUIET_MILLIS)).isEmpty();
        }
    }

    /** A socket goes on: its close has a code of its own, once the service stops. */
    @Test
    void aSocketGoesOn() throws IOException {
        service.service.leave();
        try (RawClient client = new RawClient(service.port)) {
            String head = client.send(RawClient.upgrade()).head();
            assertThat(head).startsWith("http/1.1 101").doesNotContain("connection: close");
            client.send(RawClient.message(new JsonObject().put("type", "nothing")));
            assertThat(client.event().getString("type")).isEqualTo("error");
        }
    }
}
