package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import java.util.ArrayList;
import java.util.List;

/** Words that an answer has taken for what comes after it, in their order. One thread's. */
final class Steers {
    /** Messages that may wait for an answer to stop. */
    private static final int MOST = 8;

    private final List<Steer> taken = new ArrayList<>();

    /**
     * @param create of the answer
     * @param ended whether it is over, or has not begun
     * @throws ApiException whose code says why it takes none
     */
    void take(Steer steer, ResponseCreate create, boolean ended) {
        if (create.onlyPrepares()) {
            throw ApiException.invalid(
                    400, "a response that generates nothing cannot be steered", "steering_not_supported");
        }
        if (taken.size() >= MOST) {
            throw ApiException.invalid(
                    400,
                    MOST + " messages wait for this answer to stop, as many as may; wait for its successor",
                    "too_many_pending_steers");
        }
        if (ended) {
            throw ApiException.invalid(400, "the answer has ended", "response_not_active");
        }
        taken.add(steer);
    }

    boolean isEmpty() {
        return taken.isEmpty();
    }

    List<Steer> all() {
        return List.copyOf(taken);
    }
}
