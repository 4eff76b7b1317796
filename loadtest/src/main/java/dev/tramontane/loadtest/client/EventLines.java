package dev.tramontane.loadtest.client;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** Server-sent events in bytes that come in any pieces: the data of each event, as the standard divides lines. */
final class EventLines {
    /** Far above what an event of one token has, so that a server without line ends fills no memory. */
    static final int LONGEST = 1 << 20;

    private static final String DATA = "data:";

    private Buffer rest = Buffer.buffer();
    private int looked;
    private boolean afterReturn;
    private final StringBuilder data = new StringBuilder();
    private boolean any;

    /**
     * Takes the next bytes and returns the data of the events that end in them.
     *
     * @throws IllegalStateException when an event has more than {@link #LONGEST} bytes
     */
    List<String> take(Buffer bytes) {
        List<String> events = new ArrayList<>(1);
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

    private void line(String line, List<String> events) {
        if (line.isEmpty()) {
            if (any) {
                events.add(data.toString());
            }
            data.setLength(0);
            any = false;
        } else if (line.startsWith(DATA)) {
            data.append(any ? "\n" : "");
            data.append(line, line.startsWith(" ", DATA.length()) ? DATA.length() + 1 : DATA.length(), line.length());
            any = true;
        }
    }
}
