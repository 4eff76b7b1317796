package dev.tramontane.api.ws;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.Steer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was said to an answer that ended with calls of tools: it goes with the request that has what these say. Event loop only. */
record PendingSteers(RecordedResponse answer, List<Steer> steers, RequestMemory.Lease memory) {

    /** @throws dev.tramontane.api.ApiException where there is no memory to keep them */
    static PendingSteers of(RecordedResponse answer, RequestMemory memory) {
        List<Steer> steers = answer.steers();
        RequestMemory.Lease lease = memory.lease();
        lease.take(steers.stream().mapToLong(Steer::weight).sum());
        return new PendingSteers(answer, steers, lease);
    }

    /** Whether a request goes on from that answer. */
    boolean isFor(@Nullable String previous) {
        return answer.id().equals(previous);
    }

    void release() {
        memory.release();
    }
}
