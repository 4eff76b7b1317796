package dev.tramontane.stages;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that have not shown who they are, in few places. Whoever comes gets one: where all are taken, the address that holds most of them gives up the one that
 * it has held longest. So a head, which shows who it is in milliseconds, comes in beside any number of those who only hold places, and who fills them from one
 * address pushes out his own. Any thread.
 */
final class Strangers {
    /** Places, each a socket and two threads. */
    static final int MOST = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Strangers.class);
    private static final long BETWEEN_WARNINGS = TimeUnit.MINUTES.toNanos(1);

    /** Bytes of an IPv6 address that a whole site has in common. */
    private static final int SITE_BYTES = 8;

    /** In the order in which they came. */
    private final Set<Stranger> there = new LinkedHashSet<>();

    private boolean warned;
    private long warnedNanos;

    /** One of them. */
    final class Stranger {
        private final Socket socket;
        private final String site;
        private volatile boolean pushedOut;

        private Stranger(Socket socket) {
            this.socket = socket;
            site = site(socket.getInetAddress());
        }

        Socket socket() {
            return socket;
        }

        /** Where it comes from, for people; also when it is closed. */
        String from() {
            return String.valueOf(socket.getRemoteSocketAddress());
        }

        /** Whether its place was needed for another one. */
        boolean pushedOut() {
            return pushedOut;
        }

        /** Gives the place back: it is known now, or gone. Does nothing the second time. */
        void leave() {
            left(this);
        }
    }

    /**
     * Takes one in. Waits where somebody has to leave first, who is not asked.
     *
     * @param socket connected
     */
    synchronized Stranger admit(Socket socket) throws InterruptedException {
        while (there.size() >= MOST) {
            Stranger first = oldestOfMost();
            if (!first.pushedOut) {
                first.pushedOut = true;
                StageDoor.close(first.socket); // Its thread hears of it, and leaves.
                warn(first.site);
            }
            wait();
        }
        Stranger stranger = new Stranger(socket);
        there.add(stranger);
        return stranger;
    }

    private synchronized void left(Stranger stranger) {
        there.remove(stranger);
        notifyAll();
    }

    private Stranger oldestOfMost() {
        Map<String, Integer> held = new HashMap<>();
        there.forEach(each -> held.merge(each.site, 1, Integer::sum));
        int most = held.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        return there.stream()
                .filter(each -> held.getOrDefault(each.site, 0) == most)
                .findFirst()
                .orElseThrow();
    }

    private void warn(String from) {
        long now = System.nanoTime();
        if (!warned || now - warnedNanos > BETWEEN_WARNINGS) {
            warned = true;
            warnedNanos = now;
            LOG.warn(
                    "{} connections have not shown who they are, most of them from {}: those that have waited longest are left",
                    MOST,
                    from);
        }
    }

    /** An IPv4 address, or of an IPv6 one what its whole site has in common. */
    static String site(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address.getHostAddress();
        }
        byte[] bytes = address.getAddress();
        Arrays.fill(bytes, SITE_BYTES, bytes.length, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes).getHostAddress() + "/" + SITE_BYTES * Byte.SIZE;
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address has as many bytes as another", impossible);
        }
    }
}
