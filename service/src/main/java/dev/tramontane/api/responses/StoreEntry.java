package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import org.jspecify.annotations.Nullable;

/** A response's entry among those that are kept; none where that was not asked. On the response's event loop. */
public final class StoreEntry {
    private final ResponseStore store;
    private final String tenant;
    private @Nullable StoredResponse stored;

    /** @param tenant whose the response is */
    public StoreEntry(ResponseStore store, String tenant) {
        this.store = store;
        this.tenant = tenant;
    }

    /**
     * Keeps the response from now on, if that was asked.
     *
     * @throws ApiException when there is no room
     */
    public void open(RecordedResponse response) {
        if (response.create().delivery().store()) {
            StoredResponse kept = new StoredResponse(response);
            store.add(tenant, kept);
            stored = kept;
        }
    }

    /** More of it is kept. */
    public void grew() {
        if (stored != null) {
            store.changed(tenant, stored);
        }
    }

    /** It is over: its time begins, unless it never became a response. */
    public void ended() {
        if (stored == null) {
            return;
        }
        if (stored.response().isAccepted()) {
            store.ended(tenant, stored);
        } else {
            store.remove(tenant, stored.id());
        }
    }
}
