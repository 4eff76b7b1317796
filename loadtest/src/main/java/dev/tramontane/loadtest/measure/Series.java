package dev.tramontane.loadtest.measure;

import java.util.ArrayList;
import java.util.List;

/** A run's course in at most {@value #MOST} slots of equal width: a second, and twice as long whenever they don't suffice. */
public final class Series {
    private static final int MOST = 600;
    private static final double NANOS = 1e9;

    private final List<Counts> slots = new ArrayList<>();
    private double width = 1;

    /** Requests under way now, which they are also in a slot in which none starts or ends. */
    private long running;

    /** What is counted in a slot. */
    private static final class Counts {
        private long started;
        private long ended;
        private long bad;
        private long tokens;
        private long mostRunning;

        void add(Counts next) {
            started += next.started;
            ended += next.ended;
            bad += next.bad;
            tokens += next.tokens;
            mostRunning = Math.max(mostRunning, next.mostRunning);
        }
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

    void started(long nanos, long now) {
        Counts slot = at(nanos);
        slot.started++;
        running(slot, now);
    }

    void ended(long nanos, long now, boolean bad) {
        Counts slot = at(nanos);
        slot.ended++;
        slot.bad += bad ? 1 : 0;
        running(slot, now);
    }

    private void running(Counts slot, long now) {
        running = now;
        slot.mostRunning = Math.max(slot.mostRunning, now);
    }

    void token(long nanos) {
        at(nanos).tokens++;
    }

    private Counts at(long nanos) {
        double seconds = Math.max(0, nanos) / NANOS;
        while (seconds / width >= MOST) {
            halve();
        }
        int place = (int) (seconds / width);
        while (slots.size() <= place) {
            Counts slot = new Counts();
            slot.mostRunning = running;
            slots.add(slot);
        }
        return slots.get(place);
    }

    private void halve() {
        List<Counts> wider = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            if (i % 2 == 0) {
                wider.add(slots.get(i));
            } else {
                wider.getLast().add(slots.get(i));
            }
        }
        slots.clear();
        slots.addAll(wider);
        width *= 2;
    }

    List<Slot> slots() {
        List<Slot> all = new ArrayList<>();
        for (Counts slot : slots) {
            all.add(new Slot(
                    all.size() * width, width, slot.started, slot.ended, slot.bad, slot.tokens, slot.mostRunning));
        }
        return all;
    }
}
