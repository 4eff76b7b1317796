package dev.tramontane.loadtest.measure;

import java.util.ArrayList;
import java.util.List;

/** A run's course in at most {@value #MOST} slots of equal width: a second, and twice as long whenever they don't suffice. */
public final class Series {
    private static final int MOST = 600;
    private static final double NANOS = 1e9;

    private final List<long[]> slots = new ArrayList<>();
    private double width = 1;

    /** What is counted in a slot. */
    private enum Count {
        STARTED,
        ENDED,
        BAD,
        TOKENS,
        MOST_RUNNING
    }

    /**
     * A slot.
     *
     * @param start in seconds
     * @param width in seconds
     * @param started requests
     * @param ended requests, however
     * @param bad of these refused or failed
     * @param tokens pieces of text that came, of requests that are over
     * @param running requests at a time at most
     */
    public record Slot(double start, double width, long started, long ended, long bad, long tokens, long running) {}

    void started(long nanos, long running) {
        long[] slot = at(nanos);
        slot[Count.STARTED.ordinal()]++;
        most(slot, running);
    }

    void ended(long nanos, long running, boolean bad) {
        long[] slot = at(nanos);
        slot[Count.ENDED.ordinal()]++;
        slot[Count.BAD.ordinal()] += bad ? 1 : 0;
        most(slot, running);
    }

    void token(long nanos) {
        at(nanos)[Count.TOKENS.ordinal()]++;
    }

    private static void most(long[] slot, long running) {
        int place = Count.MOST_RUNNING.ordinal();
        slot[place] = Math.max(slot[place], running);
    }

    private long[] at(long nanos) {
        double seconds = Math.max(0, nanos) / NANOS;
        while (seconds / width >= MOST) {
            halve();
        }
        int place = (int) (seconds / width);
        while (slots.size() <= place) {
            slots.add(new long[Count.values().length]);
        }
        return slots.get(place);
    }

    private void halve() {
        List<long[]> wider = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            long[] slot = slots.get(i);
            if (i % 2 == 0) {
                wider.add(slot);
                continue;
            }
            long[] before = wider.getLast();
            for (Count count : Count.values()) {
                int place = count.ordinal();
                before[place] = count == Count.MOST_RUNNING
                        ? Math.max(before[place], slot[place])
                        : before[place] + slot[place];
            }
        }
        slots.clear();
        slots.addAll(wider);
        width *= 2;
    }

    List<Slot> slots() {
        List<Slot> all = new ArrayList<>();
        for (long[] slot : slots) {
            all.add(new Slot(
                    all.size() * width,
                    width,
                    slot[Count.STARTED.ordinal()],
                    slot[Count.ENDED.ordinal()],
                    slot[Count.BAD.ordinal()],
                    slot[Count.TOKENS.ordinal()],
                    slot[Count.MOST_RUNNING.ordinal()]));
        }
        return all;
    }
}
