package dev.tramontane.loadtest;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** A server with OpenAI's API whose answers the test decides: by default, as many words as were asked for, at once. */
public final class FakeServer implements AutoCloseable {
    public final Vertx vertx = Vertx.vertx();

    /** Heads of requests for answers, as they came. */
    public final List<String> authorizations = new CopyOnWriteArrayList<>();

    /** Bodies, likewise. */
    public final List<JsonObject> bodies = new CopyOnWriteArrayList<>();

    /** What came over sockets. */
    public final List<JsonObject> messages = new CopyOnWriteArrayList<>();

    /** Sockets that were opened. */
    public final AtomicInteger opened = new AtomicInteger();

    public final AtomicInteger streams = new AtomicInteger();
    public final AtomicInteger cut = new AtomicInteger();
    public final String url;
    private final HttpServer server;
    private volatile BiConsumer<JsonObject, HttpServerResponse> answers =
            (body, response) -> sendAll(response, words(body));
    private volatile BiConsumer<JsonObject, HttpServerRequest> requests =
            (body, request) -> answers.accept(body, request.response());
    private volatile BiConsumer<JsonObject, ServerWebSocket> sockets =
            (message, socket) -> answer(socket, message, words(message));

    public FakeServer() {
        server = vertx.createHttpServer(new HttpServerOptions().setAcceptBacklog(4096))
                .requestHandler(this::request)
                .webSocketHandler(this::socket);
        url = "http://127.0.0.1:" + server.listen(0, "127.0.0.1").await().actualPort();
    }

    public FakeServer answering(BiConsumer<JsonObject, HttpServerResponse> how) {
        answers = how;
        return this;
    }

    public FakeServer socketsAnswering(BiConsumer<JsonObject, ServerWebSocket> how) {
        sockets = how;
        return this;
    }

    /** Whole requests for answers, whatever their method, in place of {@link #answering}. */
    public FakeServer handling(BiConsumer<JsonObject, HttpServerRequest> how) {
        requests = how;
        return this;
    }

    private void request(HttpServerRequest request) {
        if (request.path().equals("/v1/models")) {
            request.response()
                    .end(new JsonObject()
                            .put("data", new JsonArray().add(new JsonObject().put("id", "fake")))
                            .encode());
            return;
        }
        authorizations.add(String.valueOf(request.getHeader("Authorization")));
        request.body().onSuccess(bytes -> {
            JsonObject body = bytes.length() == 0 ? new JsonObject() : new JsonObject(bytes);
            bodies.add(body);
            streams.incrementAndGet();
            request.response().exceptionHandler(gone -> {});
            request.response().closeHandler(gone -> {
                if (!request.response().ended()) {
                    cut.incrementAndGet();
                }
            });
            requests.accept(body, request);
        });
    }

    private void socket(ServerWebSocket socket) {
        opened.incrementAndGet();
        socket.textMessageHandler(text -> {
            JsonObject message = new JsonObject(text);
            messages.add(message);
            sockets.accept(message, socket);
        });
        socket.exceptionHandler(gone -> {});
        socket.closeHandler(gone -> cut.incrementAndGet());
    }

    /** As many as the request wants, the same for the same request. */
    public static List<String> words(JsonObject body) {
        int count = body.getInteger("max_tokens", body.getInteger("max_output_tokens", 4));
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add(" w" + i);
        }
        return words;
    }

    public static void head(HttpServerResponse response) {
        response.setChunked(true).putHeader("Content-Type", "text/event-stream");
    }

    public static void send(HttpServerResponse response, String word) {
        response.write("data: "
                + new JsonObject()
                        .put(
                                "choices",
                                new JsonArray()
                                        .add(new JsonObject().put("delta", new JsonObject().put("content", word))))
                        .encode()
                + "\n\n");
    }

    public static void finish(HttpServerResponse response, int tokens) {
        response.write("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n");
        response.write(
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":" + tokens + "}}\n\n");
        response.end("data: [DONE]\n\n");
    }

    public static void sendAll(HttpServerResponse response, List<String> words) {
        head(response);
        words.forEach(word -> send(response, word));
        finish(response, words.size());
    }

    public static void created(ServerWebSocket socket, String id) {
        socket.writeTextMessage(new JsonObject()
                .put("type", "response.created")
                .put("response", new JsonObject().put("id", id))
                .encode());
    }

    public static void delta(ServerWebSocket socket, String word) {
        socket.writeTextMessage(new JsonObject()
                .put("type", "response.output_text.delta")
                .put("delta", word)
                .encode());
    }

    public static void completed(ServerWebSocket socket, String type, int tokens) {
        socket.writeTextMessage(new JsonObject()
                .put("type", type)
                .put(
                        "response",
                        new JsonObject()
                                .put(
                                        "usage",
                                        new JsonObject().put("input_tokens", 3).put("output_tokens", tokens)))
                .encode());
    }

    public static void answer(ServerWebSocket socket, JsonObject message, List<String> words) {
        if (message.getString("type").equals("response.create")) {
            created(socket, "resp_1");
            words.forEach(word -> delta(socket, word));
            completed(socket, "response.incomplete", words.size());
        }
    }

    @Override
    public void close() {
        vertx.close().await();
    }
}
