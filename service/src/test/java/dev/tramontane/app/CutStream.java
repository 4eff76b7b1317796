package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A response's stream, whose connection a test cuts, and which it reads on from where it was: by one reader after another. */
final class CutStream {
    private static final Duration HANG = Duration.ofMinutes(3);
    private static final String PATH = "/v1/responses";

    private final HttpClient client;
    private final int port;
    private final List<JsonObject> events = new ArrayList<>();
    private String instance = "";
    private String session = "";

    /** @param port of whatever routes */
    CutStream(HttpClient client, int port) {
        this.client = client;
        this.port = port;
    }

    /** Asks for a response, reads so many events, and leaves. */
    CutStream begin(JsonObject body, int count) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + PATH))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        body.put("stream", true).encode()))
                .build();
        read(request, count);
        return this;
    }

    /** Comes back, reads so many events more (fewer at the stream's end), and leaves. With nothing but the id, or with the session, too. */
    CutStream resume(boolean withSession, int count) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + PATH + "/" + id()
                + "?stream=true&starting_after=" + events.getLast().getInteger("sequence_number")));
        if (withSession) {
            request.header("X-Tramontane-Session", session);
        }
        read(request.build(), count);
        return this;
    }

    /** Comes back with nothing but the id, as often as it takes, until the answer's end. */
    CutStream readToEnd() {
        await().atMost(HANG)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    if (!ended()) {
                        resume(false, Integer.MAX_VALUE);
                    }
                    return ended();
                });
        return this;
    }

    /** @throws IOException when the connection was cut, or it was refused for now */
    private void read(HttpRequest request, int count) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = client.send(request, BodyHandlers.ofInputStream());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            if (answer.statusCode() == 503 || answer.statusCode() == 421) {
                throw new IOException(lines.readLine());
            }
            assertThat(answer.statusCode())
                    .as("%s", answer.statusCode() == 200 ? "" : lines.readLine())
                    .isEqualTo(200);
            instance = answer.headers().firstValue("X-Tramontane-Instance").orElse("");
            session = answer.headers().firstValue("X-Tramontane-Session").orElse(session);
            long wanted = (long) events.size() + count;
            for (String line = lines.readLine(); line != null && events.size() < wanted; line = lines.readLine()) {
                if (line.startsWith("data: ")) {
                    take(new JsonObject(line.substring("data: ".length())));
                }
            }
        }
    }

    /** None is missing and none comes twice; where it goes on is told by what is no event of it. */
    private void take(JsonObject event) {
        if (event.getString("type").equals("keepalive")) {
            return;
        }
        if (event.containsKey("resume")) {
            assertThat(event.getJsonObject("resume").getInteger("starting_after"))
                    .isEqualTo(events.size() - 1);
            return;
        }
        assertThat(event.getInteger("sequence_number")).as(event.encode()).isEqualTo(events.size());
        events.add(event);
    }

    /** Nobody comes back for it. */
    void forget() throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port + PATH + "/" + id());
        HttpResponse<String> answer =
                client.send(HttpRequest.newBuilder(uri).DELETE().build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    String id() {
        return events.getFirst().getJsonObject("response").getString("id");
    }

    /** The mark of the server that gave the last part. */
    String instance() {
        return instance;
    }

    /** What whoever routes gave to be sent back; empty where it gave nothing. */
    String session() {
        return session;
    }

    /** Whether it came to its end, and not only to that of a connection or a server. */
    boolean ended() {
        return !events.isEmpty() && events.getLast().containsKey("response") && events.size() > 2;
    }

    String lastType() {
        return events.getLast().getString("type");
    }

    String text() {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.getString("delta", "")));
        return text.toString();
    }
}
