package dev.tramontane.api.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The last events of an answer, as many as may be kept. Guarded by its log's lock. */
final class KeptEvents {
    /** From {@code head} on those that are kept; null where one was dropped. */
    private final ArrayList<@Nullable LoggedEvent> events = new ArrayList<>();

    private long mostBytes;
    private int head;
    private long first;
    private long bytes;

    /** @param past those that there are */
    KeptEvents(long mostBytes, PastEvents past) {
        this.mostBytes = mostBytes;
        first = past.first();
        events.addAll(past.events());
        bytes = past.events().stream().mapToLong(LoggedEvent::weight).sum();
    }

    void add(LoggedEvent event) {
        events.add(event);
        bytes += event.weight();
    }

    /** The number of the first that is kept, or of the next one where none is. */
    long first() {
        return first;
    }

    /** One that is kept. */
    LoggedEvent get(long number) {
        return Objects.requireNonNull(events.get(Math.toIntExact(head + number - first)));
    }

    /** Bytes of heap that they take. */
    long bytes() {
        return bytes;
    }

    /** From now on so much may be kept of what was taken. */
    void limit(long most) {
        mostBytes = most;
    }

    /**
     * Drops what is above the bound, the oldest first.
     *
     * @param taken the number of the first that nobody has taken, which stays
     */
    void trim(long taken) {
        while (bytes > mostBytes && first < taken) {
            bytes -= Objects.requireNonNull(events.set(head, null)).weight();
            head++;
            first++;
        }
        if (head > events.size() / 2) {
            events.subList(0, head).clear();
            head = 0;
        }
    }

    /** All of them. */
    PastEvents past() {
        List<LoggedEvent> all = new ArrayList<>(events.size() - head);
        events.subList(head, events.size()).forEach(event -> all.add(Objects.requireNonNull(event)));
        return new PastEvents(first, all);
    }
}
