package dev.tramontane.api.ws;

import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.ApiException;
import dev.tramontane.api.ApiRoutes;
import dev.tramontane.api.Endpoints;
import dev.tramontane.api.HttpObserver;
import dev.tramontane.api.HttpService;
import dev.tramontane.api.Replies;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.api.ws.MessageAssembler.Outcome;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.List;

/**
 * What Autobahn's cases ask for and no endpoint of ours is: a socket that says back what it is told. Listener, handshake,
 * frames' decoder and its settings, assembler, limits and close codes are those of the service; only what is done with a
 * whole message differs. Texts pass through the assembler; bytes, which it drops, are joined here.
 */
public final class EchoServer implements AutoCloseable, ApiRoutes {
    private static final SocketLimits LIMITS = new SocketLimits(16 << 20, 4, 1000, 32, Duration.ofSeconds(30));

    private final Vertx vertx = Vertx.vertx();
    final int port;

    /** @param port 0 for a free one */
    EchoServer(int port) {
        ApiConfig config = Served.config(LIMITS, TransportLimits.DEFAULT, Duration.ofSeconds(15), 64)
                .at("127.0.0.1", port);
        this.port = new HttpService(vertx, config, List.of(this), HttpObserver.NONE)
                .start()
                .await();
    }

    @Override
    public void mount(Endpoints endpoints) {
        endpoints.get(ResponsesRoute.PATH, this::upgrade);
        endpoints.get("/", this::upgrade); // Where Autobahn's suite comes.
    }

    private void upgrade(RoutingContext routing) {
        ApiException refused = Handshake.refusal(routing.request());
        if (refused != null) {
            Replies.fail(routing, refused);
            return;
        }
        routing.request().toWebSocket().onSuccess(socket -> new Echo(socket).listen());
    }

    private static final class Echo {
        private final ServerWebSocket socket;
        private final MessageAssembler assembler = new MessageAssembler(LIMITS.messageBytes());
        private Buffer bytes = Buffer.buffer();
        private boolean closed;

        Echo(ServerWebSocket socket) {
            this.socket = socket;
        }

        void listen() {
            socket.frameHandler(this::frame);
            socket.exceptionHandler(cause -> {
                if (cause instanceof CorruptedWebSocketFrameException wrong) {
                    close(CloseCode.of(wrong));
                }
            });
        }

        private void frame(WebSocketFrame frame) {
            switch (frame.type()) {
                case TEXT, BINARY, CONTINUATION -> {
                    if (!closed) {
                        data(frame);
                    }
                }
                case CLOSE -> closed = true; // Answered by Vert.x, as pings are.
                default -> {}
            }
        }

        private void data(WebSocketFrame frame) {
            if (!frame.isContinuation()) {
                bytes = Buffer.buffer();
            }
            bytes.appendBuffer(frame.binaryData());
            switch (assembler.add(frame)) {
                case Outcome.Partial partial -> {}
                case Outcome.Whole(byte[] utf8) -> text(utf8);
                case Outcome.Binary binary -> socket.writeBinaryMessage(bytes);
                case Outcome.Violation(CloseCode code, String reason) -> close(code);
            }
        }

        private void text(byte[] utf8) {
            try {
                socket.writeTextMessage(MessageAssembler.text(utf8));
            } catch (CharacterCodingException malformed) {
                close(CloseCode.NOT_UTF8);
            }
        }

        private void close(CloseCode code) {
            if (!closed && !socket.isClosed()) {
                closed = true;
                socket.close(code.number());
            }
        }
    }

    @Override
    public void close() {
        vertx.close().await();
    }

    /** For Autobahn's own suite, which is run by hand (the profile autobahn of service/pom.xml): the port is its argument. */
    public static void main(String[] args) {
        new EchoServer(Integer.parseInt(args[0])); // It ends with the process.
    }
}
