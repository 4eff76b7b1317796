package dev.tramontane.api;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which browser pages may talk to the service: those from listed origins, and the service's own page as long as it was
 * reached by an address or a localhost name. A page reached by another name has to be listed, because a name may have
 * been pointed here by somebody else (DNS rebinding). Clients that are no browsers send no Origin and are not asked.
 * Immutable; any thread.
 */
public final class Origins {
    private final Set<String> listed;

    public Origins(Set<String> listed) {
        this.listed = Set.copyOf(listed);
    }

    /**
     * @param origin the Origin header, or null
     * @param host the Host header, or null
     */
    public boolean allow(@Nullable String origin, @Nullable String host) {
        return origin == null || listed.contains(origin) || isOwn(origin, host);
    }

    /** Whether the page is another's and needs CORS headers to read answers. */
    boolean isForeign(@Nullable String origin, @Nullable String host) {
        return origin != null && !isOwn(origin, host);
    }

    private static boolean isOwn(String origin, @Nullable String host) {
        try {
            URI page = new URI(origin);
            String authority = page.getRawAuthority();
            String name = page.getHost();
            return authority != null && name != null && authority.equalsIgnoreCase(host) && isLiteral(name);
        } catch (URISyntaxException noOrigin) {
            return false;
        }
    }

    private static boolean isLiteral(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean localhost = lower.equals("localhost") || lower.endsWith(".localhost");
        boolean six = lower.startsWith("[");
        boolean four = lower.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        return localhost || six || four;
    }
}
