package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.ThrowingTokenizer;
import dev.tramontane.fixtures.ThrowingTokenizer.Place;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Messages, waiting requests and answers of sockets count towards the memory of requests; errors end one request. */
class SocketOverloadTest {
    private static final int KIB = 1 << 10;

    private static JsonObject create(String input) {
        return JsonObject.of("type", "response.create", "input", input);
    }

    private static void assertEmpty(RequestMemory memory) {
        Awaitility.await().until(() -> memory.held() == 0);
    }

    @Test
    void anUnfinishedMessageIsHeldWithinTheMemory() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("words");
        RequestMemory memory = new RequestMemory(1 << 20);
        try (Served served = new Served(engine, Served.config(), new ByteTokenizer(), memory).stepping(engine::step);
                RawSocket holding = RawSocket.open(served.port);
                RawSocket late = RawSocket.open(served.port);
                RawSocket small = RawSocket.open(served.port)) {
            holding.frame(RawSocket.TEXT, false, new byte[100 * KIB]);
            Awaitility.await().until(() -> memory.held() >= 800 * KIB);
            late.frame(RawSocket.TEXT, false, new byte[100 * KIB]);
            assertThat(late.closeCode()).isEqualTo(1013);
            small.send(create("go"));
            assertThat(small.response().getLast().getString("type")).isEqualTo("response.completed");
            holding.reset();
            assertEmpty(memory);
            assertThat(served.reasons).containsExactly("request_memory");
        }
    }

    @Test
    void requestsThatWaitKeepTheirMemoryUntilTheyHaveEnded() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("words");
        RequestMemory memory = new RequestMemory(1 << 20);
        try (Served served = new Served(engine, Served.config(), new ByteTokenizer(), memory);
                RawSocket socket = RawSocket.open(served.port);
                RawSocket leaving = RawSocket.open(served.port)) {
            for (int i = 0; i < 3; i++) {
                socket.send(create("x".repeat(3 * KIB)));
                leaving.send(create("x".repeat(3 * KIB)).put("store", false)); // Nothing of it waits for a reader.
            }
            Awaitility.await().until(() -> memory.held() >= 6 * 38 * KIB);
            leaving.reset();
            Awaitility.await().until(() -> memory.held() <= 180 * KIB);
            served.stepping(engine::step);
            for (int i = 0; i < 3; i++) {
                assertThat(socket.response().getLast().getString("type")).isEqualTo("response.completed");
            }
            assertEmpty(memory);
        }
    }

    /** A tree that is much larger than its text is refused, by an event; the socket goes on. */
    @Test
    void aTreeThatIsTooLargeIsRefused() throws Exception {
        ScriptedEngine engine = new ScriptedEngine("words");
        RequestMemory memory = new RequestMemory(1 << 20);
        try (Served served = new Served(engine, Served.config(), new ByteTokenizer(), memory).stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            String hostile = "{\"type\": \"response.create\", \"input\": [" + "{},".repeat(20_000) + "{}]}";
            socket.frame(RawSocket.TEXT, true, hostile.getBytes(StandardCharsets.UTF_8));
            JsonObject refusal = socket.event();
            assertThat(refusal.getString("code")).isEqualTo("request_memory");
            assertThat(refusal.getInteger("status")).isEqualTo(413);
            socket.send(create("go"));
            assertThat(socket.response().getLast().getString("type")).isEqualTo("response.completed");
            assertEmpty(memory);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ENCODE", "DECODE"})
    void anErrorEndsOneAnswerAndNotTheLane(Place place) throws Exception {
        Supplier<RuntimeException> thrown = () -> {
            throw new OutOfMemoryError("on purpose");
        };
        ScriptedEngine engine = new ScriptedEngine(place == Place.DECODE ? "wo#rds" : "words");
        RequestMemory memory = new RequestMemory(1 << 20);
        try (Served served = new Served(engine, Served.config(), new ThrowingTokenizer(place, thrown), memory)
                        .stepping(engine::step);
                RawSocket socket = RawSocket.open(served.port)) {
            for (int i = 0; i < 3; i++) {
                socket.send(create("a # b"));
                JsonObject last = socket.event();
                while (!List.of("error", "response.failed", "response.completed")
                        .contains(last.getString("type"))) {
                    last = socket.event();
                }
                assertThat(last.getString("type")).isEqualTo(place == Place.DECODE ? "response.failed" : "error");
            }
            if (place == Place.ENCODE) {
                socket.send(create("go"));
                assertThat(socket.response().getLast().getString("type")).isEqualTo("response.completed");
            }
            assertEmpty(memory);
            Awaitility.await().until(() -> served.answersEnded.get() >= 3);
        }
    }
}
