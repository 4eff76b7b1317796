package dev.tramontane.hub;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a hub is, and what it is told of who asks.
 *
 * @param uri without a slash at its end
 * @param credentials for this host only, and never shown
 */
record Endpoint(URI uri, Credentials credentials) {

    /** @param token null for none */
    Endpoint(URI uri, @Nullable String token) {
        this(uri, Credentials.of(token == null ? null : "Bearer " + token));
    }

    /** A place below it; the path begins with a slash and is escaped already. */
    URI at(String path) {
        return URI.create(uri + path);
    }

    /** Whether there can be such a host and port. */
    static boolean isReachable(URI uri) {
        return uri.getHost() != null && uri.getPort() != 0 && uri.getPort() <= 65_535;
    }

    /** Whether a place may see the credentials: the same scheme, host and port. */
    boolean covers(URI place) {
        return origin(uri).equals(origin(place));
    }

    /** Scheme, host and port, said in full. */
    static String origin(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
        return scheme + "://" + String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT) + ":" + port;
    }

    /** For messages: the host, and the port where one was given. */
    String host() {
        return host(uri);
    }

    static String host(URI uri) {
        return uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    @Override
    public String toString() {
        return uri.toString(); // A record's own would show what is secret.
    }
}
