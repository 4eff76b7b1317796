package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of the system is told to end in the middle of answers by a socket and of a chat, and does so at its limit. Another
 * process that shares its directory gives the rest of both: the very tokens, none lost or doubled.
 */
@Tag("slow")
@Timeout(300) // Only a hang reaches it.
class TwoProcessesTest {
    private static final int TOKENS = 3000;
    private static final JsonObject SAMPLED = new JsonObject()
            .put("stream", true)
            .put("ignore_eos", true)
            .put("temperature", 1)
            .put("seed", 11);
    private static final JsonObject CHAT = SAMPLED.copy()
            .put("max_tokens", TOKENS)
            .put("messages", List.of(JsonObject.of("role", "user", "content", "hello")));
    private static final JsonObject RESPONSE =
            SAMPLED.copy().put("max_output_tokens", TOKENS).put("input", "hello");

    @TempDir
    Path dir;

    private final HttpClient client = HttpClient.newHttpClient();

    /** A socket's events. No more of them are asked for than are taken. */
    private final class Events implements WebSocket.Listener, AutoCloseable {
        private static final String CLOSED = "";

        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final StringBuilder part = new StringBuilder();
        private final WebSocket socket;

        Events(WatchedProcess process, JsonObject first) {
            URI address = URI.create("ws://127.0.0.1:" + process.port + "/v1/responses");
            socket = client.newWebSocketBuilder().buildAsync(address, this).join();
            socket.sendText(first.encode(), true).join();
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                messages.add(part.toString());
                part.setLength(0);
            } else {
                from.request(1);
            }
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            messages.add(CLOSED);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable fault) {
            messages.add(CLOSED);
        }

        JsonObject next() throws InterruptedException {
            String message = messages.poll(3, TimeUnit.MINUTES);
            assertThat(message).as("an event").isNotNull().isNotEqualTo(CLOSED);
            socket.request(1);
            return new JsonObject(message);
        }

        /** Up to one of this type, which is the last. */
        List<JsonObject> to(String type) throws InterruptedException {
            List<JsonObject> events = new ArrayList<>();
            do {
                events.add(next());
            } while (!events.getLast().getString("type").equals(type));
            return events;
        }

        @Override
        public void close() {
            socket.abort();
        }
    }

    private static JsonObject create() {
        JsonObject create = RESPONSE.copy().put("type", "response.create");
        create.remove("stream");
        return create;
    }

    /** Neither answer ends before its reader reads on. */
    private static StalledReader chat(WatchedProcess process, String header) throws IOException {
        return new StalledReader(process.url, "/v1/chat/completions", CHAT, header + "\r\n");
    }

    /** The chunks of a stream, [DONE] left out. */
    private static List<JsonObject> chunks(StalledReader reader) throws IOException {
        try (reader) {
            return new ArrayList<>(reader.events()
                    .filter(line -> line.startsWith("data: {"))
                    .map(line -> new JsonObject(line.substring("data: ".length())))
                    .toList());
        }
    }

    private static String said(List<JsonObject> chunks) {
        StringBuilder said = new StringBuilder();
        chunks.forEach(chunk -> said.append(chunk.getJsonArray("choices")
                .getJsonObject(0)
                .getJsonObject("delta")
                .getString("content", "")));
        return said.toString();
    }

    private static String text(List<JsonObject> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.getString("delta", "")));
        return text.toString();
    }

    @Test
    void theSecondGivesTheRest() throws Exception {
        TinyServer server = new TinyServer(dir);
        String[] sharing = {
            "--drain-timeout", "0s", "--snapshot-dir", dir.resolve("shared").toString()
        };
        List<JsonObject> events;
        List<JsonObject> chunks;
        try (WatchedProcess first = server.start(sharing);
                Events socket = new Events(first, create())) {
            events = new ArrayList<>(socket.to("response.output_text.delta"));
            StalledReader reader = chat(first, "X-Resume-Time: 30");
            first.process.destroy();
            chunks = chunks(reader);
            events.addAll(socket.to("response.incomplete"));
            assertThat(first.process.waitFor(3, TimeUnit.MINUTES)).as("it ends").isTrue();
        }
        JsonObject resume = events.removeLast().getJsonObject("resume");
        JsonObject notice = chunks.removeLast().getJsonObject("error");
        assertThat(notice.getString("code")).isEqualTo("draining");
        int cut = events.size();
        assertThat(cut).isLessThan(TOKENS);

        try (WatchedProcess second = server.start(sharing)) {
            String last = notice.getJsonObject("resume").getString("last_event_id");
            chunks.addAll(chunks(chat(second, "Last-Event-ID: " + last)));
            try (Events socket = new Events(second, resume.getJsonObject("message"))) {
                events.addAll(socket.to("response.incomplete"));
            }
            List<JsonObject> uncutChunks = chunks(chat(second, "X-Resume-Time: 30"));
            List<JsonObject> uncut;
            try (Events socket = new Events(second, create())) {
                uncut = socket.to("response.incomplete");
            }
            assertThat(said(chunks)).isEqualTo(said(uncutChunks));
            assertThat(chunks).hasSameSizeAs(uncutChunks);
            assertThat(text(events)).isEqualTo(text(uncut));
            assertThat(events).hasSameSizeAs(uncut);
            for (int i = 0; i < events.size(); i++) {
                assertThat(events.get(i).getInteger("sequence_number")).isEqualTo(i);
            }
            assertThat(events.getLast()
                            .getJsonObject("response")
                            .getJsonObject("usage")
                            .getInteger("output_tokens"))
                    .isEqualTo(TOKENS);
        }
    }
}
