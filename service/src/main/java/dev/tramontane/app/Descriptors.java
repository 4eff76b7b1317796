package dev.tramontane.app;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The descriptors that the process may open bound its connections: beyond them the kernel completes connections that nobody
 * can accept, and their clients hang. Any thread.
 */
final class Descriptors {
    /** Kept for the model's files, libraries, class files, selectors, pipes, and connections about to be refused. */
    static final int KEPT = 192;

    private static final Logger LOG = LoggerFactory.getLogger(Descriptors.class);

    private Descriptors() {}

    /** How many the process may have open at a time; nothing where the system does not tell. */
    static OptionalLong limit() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                        && system.getMaxFileDescriptorCount() > 0
                ? OptionalLong.of(system.getMaxFileDescriptorCount())
                : OptionalLong.empty();
    }

    /**
     * How many connections there may be; says so where they are fewer than asked for.
     *
     * @param asked at least 1
     */
    static int connections(int asked, OptionalLong limit) {
        long room = Math.max(1, limit.orElse(Long.MAX_VALUE) - KEPT);
        if (asked <= room) {
            return asked;
        }
        LOG.warn(
                "at most {} connections in place of {}: the process may open {} descriptors (ulimit -n), and {} are"
                        + " kept for other uses",
                room,
                asked,
                limit.getAsLong(),
                KEPT);
        return (int) room;
    }
}
