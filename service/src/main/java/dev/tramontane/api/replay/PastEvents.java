package dev.tramontane.api.replay;

import java.util.List;

/**
 * The events of an answer that were written elsewhere, by a process that ended. Immutable.
 *
 * @param first number of the first that is kept, or of the next one where none is
 * @param events in their order, numbered from {@code first} on without gaps
 */
public record PastEvents(long first, List<LoggedEvent> events) {
    /** Nothing was. */
    public static final PastEvents NONE = new PastEvents(0, List.of());

    public PastEvents {
        events = List.copyOf(events);
        if (first < 0) {
            throw new IllegalArgumentException("events are numbered from 0 on, got " + first);
        }
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i).number() != first + i) {
                throw new IllegalArgumentException("event " + (first + i) + " was to follow, got "
                        + events.get(i).number());
            }
        }
    }

    /** The number of the event that comes next. */
    public long next() {
        return first + events.size();
    }
}
