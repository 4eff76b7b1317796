package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Instance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Responses that are kept, each for its tenant only: under way, and after their ends for a time. What they take together
 * is bounded. Where that is not enough, the tenant who has most gives up his oldest: first events that could be read
 * again, then whole responses. One under way is never given up; a new one is refused where all that is kept is under way.
 * Any thread.
 */
public final class ResponseStore {
    /** The error's code, and so its reason in metrics. */
    static final String FULL = "response_memory";

    private final long mostBytes;
    private final long keptNanos;
    private final LongSupplier clock;
    private final Map<String, Share> shares = new HashMap<>();
    private long bytes;

    /** What one tenant has. */
    private static final class Share {
        final Map<String, StoredResponse> all = new HashMap<>();

        /** In the order of their ends. */
        final Set<StoredResponse> ended = new LinkedHashSet<>();

        /** Of these, whose events can still be read. */
        final Set<StoredResponse> replayable = new LinkedHashSet<>();

        long bytes;
    }

    /**
     * @param bytes of all responses together
     * @param kept how long after its end
     */
    public ResponseStore(long bytes, Duration kept) {
        this(bytes, kept, System::nanoTime);
    }

    /** @param nanoClock monotonic nanoseconds */
    ResponseStore(long bytes, Duration kept, LongSupplier nanoClock) {
        if (bytes < 1 || kept.isNegative()) {
            throw new IllegalArgumentException("kept responses need a byte and no negative time, got " + bytes + " and "
                    + kept.toMillis() + " ms");
        }
        mostBytes = bytes;
        keptNanos = kept.toNanos();
        clock = nanoClock;
    }

    /** Bytes of heap that the responses take, by estimates from above. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Responses kept. */
    public synchronized int count() {
        return shares.values().stream().mapToInt(share -> share.all.size()).sum();
    }

    /**
     * Keeps a response from now on.
     *
     * @throws ApiException 503 when there is no room, and none can be made
     */
    public void add(String tenant, StoredResponse response) {
        List<StoredResponse> forgotten = new ArrayList<>();
        try {
            synchronized (this) {
                sweep();
                long weight = response.weight();
                makeRoom(weight, forgotten);
                if (weight > mostBytes - bytes) {
                    throw new ApiException(
                            503,
                            "service_unavailable_error",
                            "The responses under way take all memory that responses may have. Try again later, or send"
                                    + " store: false.",
                            null,
                            FULL,
                            1);
                }
                Share share = shares.computeIfAbsent(tenant, name -> new Share());
                share.all.put(response.id(), response);
                count(share, response, weight);
            }
        } finally {
            forgotten.forEach(StoredResponse::forgetEvents);
        }
    }

    /** The response, or null where this tenant has none of this id. */
    public synchronized @Nullable StoredResponse find(String tenant, String id) {
        sweep();
        Share share = shares.get(tenant);
        return share == null ? null : share.all.get(id);
    }

    /** Keeps it no longer; whether it was there. */
    public synchronized boolean remove(String tenant, String id) {
        Share share = shares.get(tenant);
        StoredResponse gone = share == null ? null : share.all.get(id);
        if (share == null || gone == null) {
            return false;
        }
        drop(share, gone);
        return true;
    }

    /** It takes another number of bytes than before. */
    public void changed(String tenant, StoredResponse response) {
        List<StoredResponse> forgotten = new ArrayList<>();
        synchronized (this) {
            Share share = shares.get(tenant);
            if (share == null || share.all.get(response.id()) != response) {
                return;
            }
            count(share, response, response.weight() - response.counted);
            makeRoom(0, forgotten);
        }
        forgotten.forEach(StoredResponse::forgetEvents);
    }

    /** It has ended, and its time begins. */
    public void ended(String tenant, StoredResponse response) {
        synchronized (this) {
            Share share = shares.get(tenant);
            if (share == null || share.all.get(response.id()) != response) {
                return;
            }
            response.endNanos = clock.getAsLong();
            share.ended.add(response);
            share.replayable.add(response);
        }
        changed(tenant, response);
    }

    /** Does something with each that is kept, in no order; with no lock held. */
    void forEach(BiConsumer<String, StoredResponse> work) {
        IdentityHashMap<StoredResponse, String> all = new IdentityHashMap<>();
        synchronized (this) {
            shares.forEach((tenant, share) -> share.all.values().forEach(each -> all.put(each, tenant)));
        }
        all.forEach((response, tenant) -> work.accept(tenant, response));
    }

    /** What this tenant's requests may refer to here. */
    History of(String tenant, Instance here) {
        return new History() {
            @Override
            public Past upTo(String responseId) {
                StoredResponse known = find(tenant, responseId);
                if (known == null) {
                    throw here.elsewhere(responseId, "previous_response_id")
                            .orElseGet(() -> History.unknownResponse(responseId));
                }
                return known.past();
            }

            @Override
            public @Nullable Item item(String itemId) {
                String owner = StoredResponse.responseOf(itemId);
                StoredResponse known = find(tenant, owner);
                if (known == null) {
                    here.elsewhere(owner, "input").ifPresent(other -> {
                        throw other;
                    });
                    return null;
                }
                return known.item(itemId);
            }
        };
    }

    /** Drops what was kept long enough: an idle server, too, has to ask for it now and then. */
    public synchronized void sweep() {
        long now = clock.getAsLong();
        for (Share share : List.copyOf(shares.values())) {
            while (!share.ended.isEmpty()) {
                StoredResponse oldest = share.ended.iterator().next();
                if (now - oldest.endNanos < keptNanos) {
                    break;
                }
                drop(share, oldest);
            }
        }
    }

    private void makeRoom(long wanted, List<StoredResponse> forgotten) {
        boolean more = true;
        while (more && wanted > mostBytes - bytes) {
            more = giveUpOne(forgotten);
        }
    }

    /** Of the tenants who have something to give up, the one who has most; false when nobody has. */
    private boolean giveUpOne(List<StoredResponse> forgotten) {
        Share most = shares.values().stream()
                .filter(share -> !share.ended.isEmpty())
                .max(Comparator.comparingLong(share -> share.bytes))
                .orElse(null);
        if (most == null) {
            return false;
        }
        if (most.replayable.isEmpty()) {
            drop(most, most.ended.iterator().next());
            return true;
        }
        StoredResponse oldest = most.replayable.iterator().next();
        most.replayable.remove(oldest);
        oldest.forgotten = true; // From here on it is counted without its events, which go outside of the lock.
        count(most, oldest, oldest.weight() - oldest.counted);
        forgotten.add(oldest);
        return true;
    }

    private void count(Share share, StoredResponse response, long more) {
        response.counted += more;
        share.bytes += more;
        bytes += more;
    }

    private void drop(Share share, StoredResponse response) {
        share.all.remove(response.id());
        share.ended.remove(response);
        share.replayable.remove(response);
        count(share, response, -response.counted);
        shares.values().removeIf(each -> each.all.isEmpty());
    }
}
