package dev.tramontane.structure;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The formats of strings that are enforced, each as a regular expression that allows only valid ones. It leaves some valid ones out: leap seconds; in host names
 * more than six labels, labels beyond 41 characters and two hyphens together; mailboxes with quotes or of more than 63 characters; IPv6 addresses
 * with an IPv4 part; URIs without {@code //} and a host name.
 */
final class Formats {
    private static final String DAY =
            "(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
                    + "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
    private static final String TIME =
            "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    private static final String LABEL = "[A-Za-z0-9](?:-?[A-Za-z0-9]){0,20}";
    private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?\\^_`{|}~\\-]";
    private static final String N = "[0-9]{1,9}";
    private static final String HOURS =
            "T(?:" + N + "H(?:" + N + "M(?:" + N + "S)?)?|" + N + "M(?:" + N + "S)?|" + N + "S)";
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String GROUP = "[0-9a-fA-F]{1,4}";
    private static final String URI_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\\-]|%[0-9A-Fa-f]{2})";

    private static final Map<String, String> KNOWN = new TreeMap<>(Map.ofEntries(
            Map.entry("date", DAY),
            Map.entry("time", TIME),
            Map.entry("date-time", DAY + "T" + TIME),
            Map.entry(
                    "duration",
                    "P(?:" + N + "W|(?:" + N + "Y(?:" + N + "M(?:" + N + "D)?)?|" + N + "M(?:" + N + "D)?|" + N
                            + "D)(?:" + HOURS + ")?|" + HOURS + ")"),
            Map.entry("uuid", "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
            Map.entry("hostname", LABEL + "(?:\\." + LABEL + "){0,5}"),
            Map.entry("email", ATOM + "{1,32}(?:\\." + ATOM + "{1,30})?@" + LABEL + "(?:\\." + LABEL + "){1,4}"),
            Map.entry("ipv4", OCTET + "(?:\\." + OCTET + "){3}"),
            Map.entry("ipv6", ipv6()),
            Map.entry(
                    "uri",
                    "[A-Za-z][A-Za-z0-9+.\\-]{0,20}://" + LABEL + "(?:\\." + LABEL + "){0,5}(?::[0-9]{1,5})?(?:/"
                            + URI_CHARACTER + "*)?(?:#" + URI_CHARACTER + "*)?")));

    private Formats() {}

    static Expression read(@Nullable Object format, String place, StructureLimits limits) {
        String pattern = format instanceof String name ? KNOWN.get(name) : null;
        if (pattern == null) {
            throw new StructureException(
                    place,
                    "the format " + Quoted.of(String.valueOf(format)) + " is not supported; these are: "
                            + String.join(", ", KNOWN.keySet()));
        }
        return RegexReader.search("^(?:" + pattern + ")$", limits, Spelling.PRINTED);
    }

    /** Eight groups, or fewer with one gap between them. */
    private static String ipv6() {
        StringBuilder ways = new StringBuilder("(?:" + GROUP + ":){7}" + GROUP);
        for (int before = 0; before <= 6; before++) {
            String head = before == 0 ? ":" : "(?:" + GROUP + ":){" + before + "}";
            int most = 7 - before;
            ways.append('|').append(head).append(":");
            ways.append("(?:" + GROUP + "(?::" + GROUP + "){0," + (most - 1) + "})?");
        }
        return ways.append("|(?:").append(GROUP).append(":){7}:").toString();
    }
}
