package dev.tramontane.api.openai;

import dev.tramontane.api.EventStream;
import dev.tramontane.json.JsonWriter;
import java.nio.charset.StandardCharsets;

/**
 * What the readers of a stream are told when it goes on in another process. It is an error, as every end of a stream before its last
 * chunk: a client that knows nothing of this must not take what it has for the whole answer. What it says besides, and its id,
 * tell who knows how to go on.
 */
final class StreamNotice {
    private static final String DONE = "\n\ndata: [DONE]";

    private StreamNotice() {}

    /**
     * The events without their id and their last line's end.
     *
     * @param answer its id
     * @param last number of the last event, after which to go on
     */
    static String of(String answer, long last) {
        byte[] error = JsonWriter.bytes(json -> {
            json.writeStartObject();
            json.writeName("error").writeStartObject();
            json.writeStringProperty(
                    "message",
                    "The server shuts down. The answer goes on: send the request again with the header "
                            + EventStream.LAST_EVENT_ID + ", to another server or to the next one");
            json.writeStringProperty("type", "service_unavailable_error");
            json.writeNullProperty("param");
            json.writeStringProperty("code", "draining");
            json.writeName("resume").writeStartObject();
            json.writeStringProperty("last_event_id", answer + ":" + last);
            json.writeEndObject();
            json.writeEndObject();
            json.writeEndObject();
        });
        return "data: " + new String(error, StandardCharsets.UTF_8) + DONE;
    }
}
