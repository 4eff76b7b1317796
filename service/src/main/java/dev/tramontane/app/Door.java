package dev.tramontane.app;

import dev.tramontane.api.Doorkeeper;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * By which doors a listener is reached, and who may enter.
 *
 * @param keeper of the clients' door
 * @param managementHost where the operator's door is
 * @param managementPort of that door; empty: there is none, and what is the operator's is reached by the clients'
 * @param tls of the clients' door; empty: it is plain HTTP
 * @param files who has files read anew; null where there are none
 */
record Door(
        Doorkeeper keeper,
        String managementHost,
        OptionalInt managementPort,
        Optional<TlsFiles> tls,
        @Nullable WatchedFiles files) {
    /** One, open to whoever reaches it. */
    static final Door OPEN = new Door(Doorkeeper.OPEN, "127.0.0.1", OptionalInt.empty(), Optional.empty(), null);
}
