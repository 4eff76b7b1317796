package dev.tramontane.api;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which browser pages may talk to the service: its own, those that come from the browser's own machine (local tools and
 * their development servers), and those from listed origins. Clients that are no browsers send no Origin and are not
 * asked. The service's own page is one whose origin is the host it was reached by, which {@link Hosts} has looked at.
 * Immutable; any thread.
 */
public final class Origins {
    private static final Pattern WEB =
            Pattern.compile("https?://(?<name>\\[[0-9a-f:.]+]|[a-z0-9._-]+)(?::[0-9]{1,5})?");

    private final Set<String> listed;

    /** @param listed as in {@link Allowed} */
    public Origins(Set<String> listed) {
        this.listed = Set.copyOf(listed);
    }

    /**
     * @param origin the Origin header, or null
     * @param host the Host header, or null
     */
    public boolean allow(@Nullable String origin, @Nullable String host) {
        return origin == null
                || listed.contains(Allowed.ANY)
                || listed.contains(Allowed.origin(origin))
                || isOwn(origin, host)
                || isLoopback(origin);
    }

    /** Whether the page is another's and needs CORS headers to read answers. */
    boolean isForeign(@Nullable String origin, @Nullable String host) {
        return origin != null && !isOwn(origin, host);
    }

    private static boolean isOwn(String origin, @Nullable String host) {
        String page = Allowed.origin(origin);
        return host != null
                && WEB.matcher(page).matches()
                && page.equals(Allowed.origin(page.substring(0, page.indexOf("//") + 2) + host));
    }

    private static boolean isLoopback(String origin) {
        Matcher matcher = WEB.matcher(origin.toLowerCase(Locale.ROOT));
        return matcher.matches() && Hosts.isLoopback(matcher.group("name"));
    }
}
