package dev.tramontane.api.responses;

import dev.tramontane.api.Contained;
import dev.tramontane.api.EventStream;
import dev.tramontane.api.replay.LoggedEvent;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Flux;

/** The events of a response as server-sent ones. Each has its type as its name and its number as its id. Any thread. */
final class ResponseFrames {
    /** As OpenAI sends it. It has no number, being no part of the answer. */
    private static final byte[] KEEP_ALIVE =
            "event: keepalive\ndata: {\"type\":\"keepalive\"}\n\n".getBytes(StandardCharsets.UTF_8);

    private ResponseFrames() {}

    /** Sends the events after this number, those to come included. On the request's event loop. */
    static void send(RoutingContext context, RecordedResponse response, long startingAfter, ResponseServices services) {
        Flux<byte[]> frames = response.read(startingAfter).map(Contained.function(ResponseFrames::frame));
        EventStream.sendRecorded(
                context, frames, startingAfter >= 0, KEEP_ALIVE, services.config(), services.observer());
    }

    private static byte[] frame(LoggedEvent event) {
        return ("event: " + event.type() + "\nid: " + event.number() + "\ndata: " + event.json() + "\n\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
