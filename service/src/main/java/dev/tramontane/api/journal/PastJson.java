package dev.tramontane.api.journal;

import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** The events of an answer so far as JSON: the number of the first, then types and texts in turn. */
public final class PastJson {
    private PastJson() {}

    /** Writes the fields into an object. */
    public static void write(JsonGenerator json, PastEvents past) {
        json.writeNumberProperty("first_event", past.first());
        json.writeName("events").writeStartArray();
        for (LoggedEvent event : past.events()) {
            json.writeString(event.type());
            json.writeString(event.json());
        }
        json.writeEndArray();
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws InvalidJsonException naming the field that is wrong
     */
    public static PastEvents read(JsonFields fields) {
        Long first = fields.integer("first_event", 0, Integer.MAX_VALUE);
        if (first == null) {
            throw fields.missing("first_event");
        }
        List<@Nullable Object> given = fields.requiredArray("events");
        if (given.size() % 2 != 0) {
            throw JsonFields.wrongAt(fields.path("events"), "types and texts in turn", given);
        }
        List<LoggedEvent> events = new ArrayList<>(given.size() / 2);
        for (int i = 0; i < given.size(); i += 2) {
            String path = fields.path("events") + "[";
            String text = JsonFields.string(given.get(i + 1), path + (i + 1) + "]");
            String type = JsonFields.string(given.get(i), path + i + "]");
            if ((type + text).chars().anyMatch(character -> character == '\n' || character == '\r')) {
                throw JsonFields.wrongAt(
                        path + (i + 1) + "]", "one line", text); // A reader would take it for several events.
            }
            events.add(new LoggedEvent(first + i / 2, type, text));
        }
        return new PastEvents(first, events);
    }
}
