package dev.tramontane.api;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an operator allows beyond the usual. Immutable.
 *
 * @param origins whose browser pages may use the service, as {@code https://example.org}, or {@code *}; kept in lower
 *     case and without a scheme's usual port, as browsers send them
 * @param hosts names by which the service may be reached, as {@code llm.example.org} or {@code *.example.org}, or {@code *};
 *     kept in lower case
 */
public record Allowed(Set<String> origins, Set<String> hosts) {

    /** Nothing beyond the usual. */
    public static final Allowed USUAL = new Allowed(Set.of(), Set.of());

    /** Everything. */
    public static final String ANY = "*";

    /** What {@link #isOrigin} asks for, for messages. */
    public static final String ORIGINS_RULE =
            "* or origins such as https://example.org without a path, separated by commas";

    /** What {@link #isHost} asks for, for messages. */
    public static final String HOSTS_RULE =
            "*, or names such as llm.example.org or *.example.org without a port, separated by commas";

    private static final Pattern ORIGIN = Pattern.compile(
            "[A-Za-z][A-Za-z0-9+.-]{0,63}://(\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9._-]{0,253})(:[0-9]{1,5})?");
    private static final Pattern HOST = Pattern.compile("(\\*\\.)?[A-Za-z0-9_-]([A-Za-z0-9._-]{0,252})");

    public Allowed {
        origins = origins.stream().map(Allowed::origin).collect(Collectors.toUnmodifiableSet());
        hosts = hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether it can be allowed as an origin. */
    public static boolean isOrigin(String text) {
        return text.equals(ANY) || ORIGIN.matcher(text).matches();
    }

    /** Whether it can be allowed as a host. */
    public static boolean isHost(String text) {
        return text.equals(ANY) || HOST.matcher(text).matches();
    }

    /** An origin as browsers write it. */
    static String origin(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.startsWith("http://") && lower.endsWith(":80")
                ? lower.substring(0, lower.length() - ":80".length())
                : lower.startsWith("https://") && lower.endsWith(":443")
                        ? lower.substring(0, lower.length() - ":443".length())
                        : lower;
    }
}
