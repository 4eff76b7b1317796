package dev.tramontane.engine;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Requests that have arrived and have no place yet: those in the line, and those who are not in it yet. Engine thread only. */
final class Waiting {
    private final Intake intake;
    private final WaitingLine<Request> line = new WaitingLine<>();

    /** They wait for what snapshots know of their prompts; then they go into the line. */
    private final Set<Request> seeking = new LinkedHashSet<>();

    /** @param intake counts them */
    Waiting(Intake intake) {
        this.intake = intake;
    }

    WaitingLine<Request> line() {
        return line;
    }

    void add(Request request) {
        line.add(request);
    }

    /** It comes into the line with {@link #sought}. */
    void addSeeking(Request request) {
        seeking.add(request);
    }

    /** What snapshots know of its prompt is there. */
    void sought(Request request) {
        if (seeking.remove(request)) {
            line.add(request);
        }
    }

    /** It waits no longer. Does nothing for one that does not wait. */
    void leave(Request request) {
        if (remove(request)) {
            intake.door().leave(request);
        }
    }

    /** One that could not be added wholly. */
    void leaveHalfAdded(Request request) {
        line.remove(request);
        seeking.remove(request);
        intake.door().leave(request);
    }

    private boolean remove(Request request) {
        return line.remove(request) || seeking.remove(request);
    }

    int size() {
        return line.size() + seeking.size();
    }

    /** A copy of all. */
    List<Request> all() {
        List<Request> all = line.all();
        all.addAll(seeking);
        return all;
    }

    /** Nobody waits; whoever did has left already. */
    void clear() {
        line.clear();
        seeking.clear();
    }
}
