package dev.tramontane.api;

import io.netty.util.NetUtil;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * By which names the service may be reached: literal addresses, localhost, the name it listens at, and those that its
 * operator lists. A page whose own name was pointed here by somebody else (DNS rebinding) is thus told apart, whatever
 * it asks for. Immutable; any thread.
 */
final class Hosts {
    /** RFC 9110, section 7.2, without the percent-encoded names that nobody uses; no user information. */
    private static final Pattern AUTHORITY =
            Pattern.compile("(?<name>\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9._-]{1,253})(?::[0-9]{0,5})?");

    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://(?<authority>[^/?#]*).*");

    private final Set<String> listed;
    private final String own;

    /**
     * @param listed allowed besides the usual, see {@link Allowed}
     * @param own the name or address that the service listens at
     */
    Hosts(Set<String> listed, String own) {
        this.listed = listed;
        this.own = own.toLowerCase(Locale.ROOT);
    }

    /**
     * Checks what a request says it was sent to.
     *
     * @param host the Host header
     * @param target the request line's: an absolute one names a host itself (RFC 9112, section 3.2.2)
     * @return why the request is refused, or null
     */
    @Nullable
    ApiException refusal(String host, String target) {
        ApiException refused = refusal(host);
        Matcher absolute = ABSOLUTE.matcher(target);
        return refused == null && absolute.matches() ? refusal(absolute.group("authority")) : refused;
    }

    private @Nullable ApiException refusal(String authority) {
        Matcher matcher = AUTHORITY.matcher(authority);
        if (!matcher.matches()) {
            return ApiException.invalid(400, "The Host header must be a name or an address, and a port", "bad_host");
        }
        String name = matcher.group("name").toLowerCase(Locale.ROOT);
        if (isUsual(name) || name.equals(own) || isListed(name)) {
            return null;
        }
        return ApiException.invalid(
                421,
                "This server is not reached by the name '" + name + "'; its operator can allow it with --allowed-hosts",
                "host_not_allowed");
    }

    private boolean isListed(String name) {
        int dot = name.indexOf('.');
        while (dot >= 0) {
            if (listed.contains("*" + name.substring(dot))) {
                return true;
            }
            dot = name.indexOf('.', dot + 1);
        }
        return listed.contains(name) || listed.contains(Allowed.ANY);
    }

    private static boolean isUsual(String name) {
        return isLocalhost(name)
                || NetUtil.isValidIpV4Address(name)
                || (name.startsWith("[") && NetUtil.isValidIpV6Address(name.substring(1, name.length() - 1)));
    }

    /** Whether a name, in lower case and with an address of six in brackets, means this machine to whoever uses it. */
    static boolean isLoopback(String name) {
        return isLocalhost(name)
                || name.equals("[::1]")
                || (name.startsWith("127.") && NetUtil.isValidIpV4Address(name));
    }

    private static boolean isLocalhost(String name) {
        return name.equals("localhost") || name.endsWith(".localhost");
    }
}
