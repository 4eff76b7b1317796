package dev.tramontane.api;

import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Server-sent events as an EventSource takes them: an event counts once the empty line behind it has come, and what is
 * cut off before that never happened.
 *
 * @param id the last that was said, empty for none
 * @param type empty for none
 */
record NumberedEvents(String id, String type, String data) {

    static List<NumberedEvents> of(byte[] stream, int length) {
        return of(new String(stream, 0, length, StandardCharsets.UTF_8));
    }

    static List<NumberedEvents> of(String stream) {
        List<NumberedEvents> events = new ArrayList<>();
        String id = "";
        int from = 0;
        for (int end = stream.indexOf("\n\n"); end >= 0; end = stream.indexOf("\n\n", from)) {
            String type = "";
            StringBuilder data = new StringBuilder();
            for (String line : stream.substring(from, end).split("\n", -1)) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    type = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data.append(line.substring(6));
                } else {
                    throw new AssertionError("no line of an event: " + line);
                }
            }
            events.add(new NumberedEvents(id, type, data.toString()));
            from = end + 2;
        }
        return events;
    }

    JsonObject json() {
        return new JsonObject(data);
    }

    /** What the deltas of a response say together. */
    static String text(List<NumberedEvents> events) {
        StringBuilder text = new StringBuilder();
        events.stream()
                .filter(event -> event.type().equals("response.output_text.delta"))
                .forEach(event -> text.append(event.json().getString("delta")));
        return text.toString();
    }
}
