package dev.tramontane.app;

import java.util.OptionalInt;

/**
 * Ports that listen side by side. Each must be one door's: Vert.x shares a port of one host among all in this process that listen at it and gives
 * each of them connections in turn, so that what is the operator's would be answered to clients, and clients would not be answered.
 */
final class Ports {
    private Ports() {}

    /** @throws UsageException where two are one */
    static void requireApart(HttpChoice http, AccessChoice access) {
        requireApart(OptionalInt.of(http.port()), Setting.PORT, http.ollamaPort(), Setting.OLLAMA);
        if (access.managementHost().equals(http.host())) {
            requireApart(OptionalInt.of(http.port()), Setting.PORT, access.managementPort(), Setting.MANAGEMENT_PORT);
            requireApart(http.ollamaPort(), Setting.OLLAMA, access.managementPort(), Setting.MANAGEMENT_PORT);
        }
    }

    private static void requireApart(OptionalInt one, Setting first, OptionalInt other, Setting second) {
        if (one.isPresent() && one.equals(other) && one.getAsInt() != 0) {
            throw new UsageException(first.flag() + " and " + second.flag() + " are both " + one.getAsInt()
                    + "; give each a port of its own.");
        }
    }
}
