package dev.tramontane.engine;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Admitted requests that nobody attends to and that have nothing left that was asked for: they hold places for somebody who
 * may never come. The longest absent first. Engine thread only.
 */
final class Absent {
    private final Set<Request> requests = new LinkedHashSet<>();
    private final Predicate<Sequence> parked;
    private long changes;

    /** @param parked whether a sequence holds a place and waits for demand */
    Absent(Predicate<Sequence> parked) {
        this.parked = parked;
    }

    /** Something of a request has changed: whether it is attended to, or what its choices do. */
    void review(Request request) {
        if (isAbsent(request) ? requests.add(request) : requests.remove(request)) {
            changes++;
        }
    }

    /** Scores are told as they come and not again, so what scores its prompt stays. */
    private boolean isAbsent(Request request) {
        return !request.attended && !request.scoresPrompt() && waits(request);
    }

    private boolean waits(Request request) {
        if (request.live == 0) {
            return false;
        }
        return request.forked
                ? request.choices.stream().allMatch(choice -> choice.over || parked.test(choice))
                : parked.test(request.leader());
    }

    boolean isEmpty() {
        return requests.isEmpty();
    }

    /** A copy. */
    List<Request> inOrder() {
        return List.copyOf(requests);
    }

    /** Grows with every change of who is in it. */
    long changes() {
        return changes;
    }

    /**
     * @throws IllegalStateException when somebody is in it who should not be
     */
    void checkBooks() {
        if (!requests.stream().allMatch(this::waits)) {
            throw new IllegalStateException("a request is held to be absent that runs or has ended");
        }
    }
}
