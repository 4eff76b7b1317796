package dev.tramontane.loadtest.client;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** Server-sent events in bytes that come in any pieces: each event's data and id, as the standard divides lines. */
final class EventLines {
    /** Far above what an event of one token has, so that a server without line ends fills no memory. */
    static final int LONGEST = 1 << 20;

    private static final String DATA = "data:";
    private static final String ID = "id:";

    private Buffer rest = Buffer.buffer();
    private int looked;
    private boolean afterReturn;
    private final StringBuilder data = new StringBuilder();
    private String id = "";
    private boolean any;

    /**
     * One event.
     *
     * @param id of its own, not one that an event before it had; empty without one
     */
    record Event(String id, String data) {}

    /**
     * Takes the next bytes and returns the events that end in them.
     *
     * @throws IllegalStateException when an event has more than {@link #LONGEST} bytes
     */
    List<Event> take(Buffer bytes) {
        List<Event> events = new ArrayList<>(1);
        rest = rest.length() == 0 ? bytes : rest.appendBuffer(bytes);
        int line = 0;
        for (; looked < rest.length(); looked++) {
            byte b = rest.getByte(looked);
            if (b == '\n' && afterReturn) {
                line = looked + 1; // The second half of a line's end.
                afterReturn = false;
            } else if (b == '\n' || b == '\r') {
                line(rest.getString(line, looked), events);
                line = looked + 1;
                afterReturn = b == '\r';
            } else {
                afterReturn = false;
            }
        }
        rest = rest.getBuffer(line, rest.length());
        looked = rest.length();
        if (rest.length() + data.length() > LONGEST) {
            throw new IllegalStateException("an event of more than " + LONGEST + " bytes");
        }
        return events;
    }

    private void line(String line, List<Event> events) {
        if (line.isEmpty()) {
            if (any) {
                events.add(new Event(id, data.toString()));
            }
            data.setLength(0);
            id = "";
            any = false;
        } else if (line.startsWith(DATA)) {
            data.append(any ? "\n" : "");
            data.append(value(line, DATA));
            any = true;
        } else if (line.startsWith(ID)) {
            id = value(line, ID);
        }
    }

    private static String value(String line, String name) {
        return line.substring(line.startsWith(" ", name.length()) ? name.length() + 1 : name.length());
    }
}
