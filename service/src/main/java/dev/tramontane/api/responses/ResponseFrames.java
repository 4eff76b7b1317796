package dev.tramontane.api.responses;

import dev.tramontane.api.Contained;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.replay.LoggedEvent;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;

/** The events of a response as server-sent ones. Each has its type as its name and its number as its id. Any thread. */
final class ResponseFrames {
    /** Events that are read ahead of the socket: they are there already, and what is not is made ahead by the recording. */
    private static final int AHEAD = 8;

    /** As OpenAI sends it. It has no number, being no part of the answer. */
    private static final byte[] KEEP_ALIVE =
            "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n".getBytes(StandardCharsets.UTF_8);

    /** One that goes on was admitted before, so its first event needs no other to open the stream. */
    private static final byte[] ADMITTED = {};

    private ResponseFrames() {}

    /** Sends the events after this number, those to come included. On the request's event loop. */
    static void send(RoutingContext context, RecordedResponse response, long startingAfter, ResponseServices services) {
        Flux<byte[]> frames = response.read(startingAfter).map(Contained.function(ResponseFrames::frame));
        if (startingAfter >= 0) {
            frames = frames.startWith(ADMITTED);
        }
        EventStream.send(context, frames, KEEP_ALIVE, AHEAD, services.config(), services.observer());
    }

    private static byte[] frame(LoggedEvent event) {
        return ("event: " + event.type() + "\nid: " + event.number() + "\ndata: " + event.json() + "\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
