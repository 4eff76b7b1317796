package dev.tramontane.stages;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where a stage listens, as people write it: {@code host:port}, {@code [::1]:port}.
 *
 * @param port 0 only where it listens: any that is free
 */
public record StageAddress(String host, int port) {
    private static final int MOST = 65535;

    /**
     * @throws IllegalArgumentException saying what an address is
     */
    public static StageAddress of(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            host = ""; // An IPv6 address without its brackets.
        }
        int port = -1;
        try {
            port = Integer.parseInt(text.substring(colon + 1));
        } catch (NumberFormatException none) {
            // Said below.
        }
        if (host.isEmpty() || !host.equals(host.strip()) || port < 0 || port > MOST) {
            throw new IllegalArgumentException("'" + text + "' is no host:port, as in worker-1:7100 or [::1]:7100");
        }
        return new StageAddress(host, port);
    }

    /** The same host with another port. */
    public StageAddress at(int other) {
        return new StageAddress(host, other);
    }

    /** Asked of the system's resolver anew each time: names of pods come to mean other addresses. Blocks. */
    InetSocketAddress resolve() throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByName(host), port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
