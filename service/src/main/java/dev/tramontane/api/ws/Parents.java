package dev.tramontane.api.ws;

import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.responses.History;
import dev.tramontane.api.responses.Item;
import dev.tramontane.api.responses.Past;
import dev.tramontane.api.responses.RecordedResponse;
import dev.tramontane.api.responses.StoredResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What requests of a socket may go on from: the last response of each lane, whether or not it is stored, and the stored
 * ones of the tenant. Written on the socket's event loop; asked on any thread.
 */
final class Parents implements History {
    private final History stored;
    private final RequestMemory memory;
    private final Map<String, Parent> latest = new ConcurrentHashMap<>();

    private record Parent(StoredResponse response, RequestMemory.Lease lease) {}

    /** @param stored what the store has for the tenant */
    Parents(History stored, RequestMemory memory) {
        this.stored = stored;
        this.memory = memory;
    }

    /** A lane's response has ended, and takes the place of the one before. */
    void ended(String lane, RecordedResponse response) {
        forget(lane);
        if (response.create().delivery().store() || response.status().equals("failed")) {
            return;
        }
        StoredResponse parent = new StoredResponse(response);
        RequestMemory.Lease lease = memory.lease();
        if (lease.grow(parent.weight())) { // Otherwise it is not kept, as if somebody had needed the memory later.
            latest.put(lane, new Parent(parent, lease));
        }
    }

    /** A lane's request failed that went on from this response, if any. */
    void failed(String lane, @Nullable String previous) {
        Parent parent = latest.get(lane);
        if (parent != null && parent.response().response().id().equals(previous)) {
            forget(lane);
        }
    }

    private void forget(String lane) {
        Parent gone = latest.remove(lane);
        if (gone != null) {
            gone.lease().release();
        }
    }

    /** The socket is gone. */
    void close() {
        List.copyOf(latest.keySet()).forEach(this::forget);
    }

    /** Whether it is the last response of a lane, and is kept for that. */
    boolean has(String responseId) {
        return find(responseId) != null;
    }

    private @Nullable StoredResponse find(String responseId) {
        for (Parent parent : latest.values()) {
            if (parent.response().response().id().equals(responseId)) {
                return parent.response();
            }
        }
        return null;
    }

    @Override
    public Past upTo(String responseId) {
        StoredResponse kept = find(responseId);
        return kept == null ? stored.upTo(responseId) : kept.past();
    }

    @Override
    public @Nullable Item item(String itemId) {
        return stored.item(itemId);
    }

    /** For reading a request: what its previous response has said is looked up when it is its turn. */
    History later() {
        return new History() {
            @Override
            public Past upTo(String responseId) {
                return Past.LATER;
            }

            @Override
            public @Nullable Item item(String itemId) {
                return Parents.this.item(itemId);
            }
        };
    }
}
