package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A cut stream that waits for its reader keeps nobody else waiting, and is the same stream when he is back. */
final class YieldedStreamsTest {
    private static final String CHAT = "/v1/chat/completions";

    /** One answer at a time has a place. */
    private static final EngineConfig ONE_PLACE = new EngineConfig(
            new EngineConfig.Step(1, 16, 8),
            new EngineConfig.Cache(4, CacheType.F32, Long.MAX_VALUE / 4),
            new EngineConfig.Admission(1, 600, 1, 16, 1 << 16));

    private final AtomicInteger yielded = new AtomicInteger();

    private final TestService service = TestService.keeping(
            new EngineLoop(
                    FakeModel.of(ByteTokenizer.SIZE, 16),
                    ONE_PLACE,
                    new EngineObserver() {
                        @Override
                        public void yielded() {
                            yielded.incrementAndGet();
                        }
                    },
                    System::nanoTime),
            new ReplayLimits(1 << 20, 4, Duration.ofMinutes(10)));

    @AfterEach
    void stop() {
        service.close();
    }

    private static String post(String headers, int tokens) {
        JsonObject more =
                JsonObject.of("stream", true, "max_tokens", tokens, "seed", 5, "temperature", 0.9, "ignore_eos", true);
        return RawClient.post(CHAT, TestService.chatBody(more).encode()).replaceFirst("\r\n", "\r\n" + headers);
    }

    private List<NumberedEvents> answer(String request) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            RawClient.Answer answer = client.send(request).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            return NumberedEvents.of(answer.body());
        }
    }

    private List<NumberedEvents> cut(String request) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            assertThat(client.send(request).head()).contains("200 ok");
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (body.size() < 2000) {
                byte[] chunk = client.chunk();
                assertThat(chunk).isNotEmpty();
                body.writeBytes(chunk);
            }
            return new ArrayList<>(NumberedEvents.of(body.toByteArray(), body.size()));
        }
    }

    private static String text(List<NumberedEvents> events) {
        assertThat(events.getLast().data()).isEqualTo("[DONE]");
        StringBuilder text = new StringBuilder();
        for (NumberedEvents event : events.subList(0, events.size() - 1)) {
            JsonObject choice = event.json().getJsonArray("choices").getJsonObject(0);
            text.append(choice.getJsonObject("delta").getString("content", ""));
        }
        return text.toString();
    }

    @Test
    void aCutStreamMakesRoomAndGoesOn() throws IOException {
        String whole = text(answer(post("", 500)));
        List<NumberedEvents> events = cut(post("X-Resume-Time: 600\r\n", 500));
        for (int i = 0; i < 2; i++) { // It has one place to give up; then there is room.
            assertThat(text(answer(post("", 9)))).isNotEmpty();
            assertThat(yielded).hasValue(1);
        }
        events.addAll(answer(post("Last-Event-ID: " + events.getLast().id() + "\r\n", 500)));
        assertThat(events.stream().map(NumberedEvents::id)).doesNotHaveDuplicates();
        assertThat(text(events)).isEqualTo(whole);
    }
}
