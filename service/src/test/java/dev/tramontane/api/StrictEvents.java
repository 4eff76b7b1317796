package dev.tramontane.api;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream of ours with the faults of all decoders in the field at once: it splits the stream at blank lines,
 * takes everything between two for one event of one line of JSON, knows no comments and looks into the first choice of
 * every event. What it reads, any decoder reads.
 */
public final class StrictEvents {
    private static final String DATA = "data: ";
    private static final String DONE = "data: [DONE]\n\n";

    private StrictEvents() {}

    /** The events before [DONE], which has to end the stream. */
    @SuppressWarnings("ReferenceEquality") // That very event, not one like it.
    public static List<JsonObject> of(String stream) {
        List<JsonObject> events = beforeDone(stream);
        List<JsonObject> words = error(events) == null ? events : events.subList(0, events.size() - 1);
        for (JsonObject event : words) {
            if (event.getValue("usage") == null) {
                checkChoice(event);
            }
        }
        return events;
    }

    /** The error that ended the stream. */
    public static JsonObject failed(String stream) {
        JsonObject last = error(of(stream));
        if (last == null) {
            throw new AssertionError("the stream did not fail: " + stream);
        }
        return last.getJsonObject("error");
    }

    /** The last event if it says that the stream failed. */
    private static @Nullable JsonObject error(List<JsonObject> events) {
        return !events.isEmpty() && events.getLast().containsKey("error") ? events.getLast() : null;
    }

    private static List<JsonObject> beforeDone(String stream) {
        if (!stream.endsWith(DONE)) {
            throw new AssertionError("the stream ended without [DONE]: " + stream);
        }
        List<JsonObject> events = new ArrayList<>();
        String rest = stream.substring(0, stream.length() - DONE.length());
        while (!rest.isEmpty()) {
            int blank = rest.indexOf("\n\n");
            String event = rest.substring(0, Math.max(blank, 0));
            if (!event.startsWith(DATA) || event.contains("\n") || event.equals(DONE.strip())) {
                throw new AssertionError("not an event of one line before [DONE]: " + rest);
            }
            events.add(new JsonObject(event.substring(DATA.length())));
            rest = rest.substring(blank + 2);
        }
        return events;
    }

    private static void checkChoice(JsonObject event) {
        JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
        boolean words = choice.getValue("text") instanceof String;
        if (!words && choice.getJsonObject("delta") == null) {
            throw new AssertionError("an event without text or delta: " + event.encode());
        }
    }
}
