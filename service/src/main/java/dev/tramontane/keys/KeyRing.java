package dev.tramontane.keys;

import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys that are valid now. Reading is lock-free, from any thread; a new list takes the place of the old at once, and
 * whoever stays in it keeps what he has used.
 */
public final class KeyRing {
    /** Percent that a holder without a share of his own has, where he is not alone: no one takes all. */
    static final int SHARE_OF_SEVERAL = 50;

    /** What one list says: hashes, and whose they are. */
    private record Keys(byte[][] hashes, KeyHolder[] holders) {}

    private final LongSupplier clock;
    private final Map<String, KeyHolder> known = new HashMap<>();
    private volatile Keys keys = new Keys(new byte[0][], new KeyHolder[0]);

    /** @param nanoClock monotonic nanoseconds, for limits by the minute */
    public KeyRing(List<KeyEntry> entries, LongSupplier nanoClock) {
        clock = nanoClock;
        replace(entries);
    }

    /** Makes these keys the valid ones. */
    public synchronized void replace(List<KeyEntry> entries) {
        byte[][] hashes = new byte[entries.size()][];
        KeyHolder[] holders = new KeyHolder[entries.size()];
        Map<String, KeyHolder> staying = new HashMap<>();
        boolean several = entries.stream().map(KeyEntry::name).distinct().count() > 1;
        for (int i = 0; i < hashes.length; i++) {
            KeyEntry entry = entries.get(i);
            KeyLimits limits = entry.limits().withShareOr(several ? SHARE_OF_SEVERAL : 100);
            KeyHolder before = known.get(entry.name());
            KeyHolder holder = before != null ? before : new KeyHolder(entry.name(), limits, clock);
            holder.limits(limits);
            known.put(entry.name(), holder);
            staying.put(entry.name(), holder);
            hashes[i] = entry.hash();
            holders[i] = holder;
        }
        known.keySet().retainAll(staying.keySet());
        keys = new Keys(hashes, holders);
    }

    /** Keys that are valid. */
    public int size() {
        return keys.hashes().length;
    }

    /**
     * Whose key this is, or null. Takes as long for any key, valid or not, since every hash is compared to its end.
     *
     * @param presented by a client, of whatever form
     */
    public @Nullable Credential find(String presented) {
        if (!SecretKey.isKey(presented)) {
            return null; // The form is no secret.
        }
        byte[] hash = SecretKey.hash(presented);
        KeyHolder holder = holder(hash);
        return holder == null ? null : new Credential(holder, hash);
    }

    /** Whether a key that was valid once still is, and its holder's. */
    public boolean isValid(Credential credential) {
        return credential.holder().equals(holder(credential.hash()));
    }

    private @Nullable KeyHolder holder(byte[] hash) {
        Keys now = keys;
        KeyHolder found = null;
        for (int i = 0; i < now.hashes().length; i++) {
            if (MessageDigest.isEqual(now.hashes()[i], hash)) {
                found = now.holders()[i];
            }
        }
        return found;
    }
}
