package dev.tramontane.api;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a request belongs in a trace that may span many services (W3C Trace Context, sections 3.2 and 3.3). What a client
 * sends is taken over where it is well formed; else the request begins a trace of its own. Immutable; any thread.
 *
 * @param traceId 32 hexadecimal digits
 * @param parentId the client's span, 16 digits; empty where the trace begins here
 * @param spanId the request's own, 16 digits
 * @param sampled whether spans are to be recorded: the client's decision, or ours where the trace begins here
 * @param state what tracing systems on the way tell each other; empty for nothing
 */
public record TraceContext(String traceId, String parentId, String spanId, boolean sampled, String state) {
    static final String PARENT = "traceparent";
    static final String STATE = "tracestate";

    /** Later versions may add fields after a dash. */
    private static final Pattern WELL_FORMED =
            Pattern.compile("(?<version>[0-9a-f]{2})-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})"
                    + "(?<more>-.*)?");

    private static final String KEY =
            "(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})";

    /** Printable ASCII without comma and equals sign, not ending in a blank. */
    private static final Pattern MEMBER = Pattern.compile("[ \t]*(?:" + KEY
            + "=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e])?" + "[ \t]*");

    private static final int MOST_MEMBERS = 32;
    private static final int MOST_STATE = 512;
    private static final int SAMPLED = 1;
    private static final int HEXADECIMAL = 16;

    /**
     * Of a request's headers.
     *
     * @param share of the traces that begin here which are recorded, 0 to 1
     */
    static TraceContext of(MultiMap headers, double share, RandomGenerator random) {
        List<String> parents = headers.getAll(PARENT);
        Matcher parent = WELL_FORMED.matcher(parents.size() == 1 ? parents.getFirst() : "");
        if (!parent.matches() || !isMeant(parent)) {
            return new TraceContext(hex(random, 2), "", hex(random, 1), random.nextDouble() < share, "");
        }
        int flags = Integer.parseInt(parent.group("flags"), HEXADECIMAL);
        return new TraceContext(
                parent.group("trace"),
                parent.group("span"),
                hex(random, 1),
                (flags & SAMPLED) != 0,
                state(String.join(",", headers.getAll(STATE))));
    }

    /** A part of this request that is a request by itself. */
    public TraceContext child(RandomGenerator random) {
        return new TraceContext(traceId, spanId, hex(random, 1), sampled, state);
    }

    /** Tells a client, and the proxies on the way, which span it was. */
    void tell(HttpServerResponse response) {
        response.putHeader(PARENT, "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00"));
        if (!state.isEmpty()) {
            response.putHeader(STATE, state);
        }
    }

    /** Version ff is none, zeros are no id, and version 00 has four fields. */
    private static boolean isMeant(Matcher parent) {
        String version = parent.group("version");
        return !version.equals("ff")
                && (!version.equals("00") || parent.group("more") == null)
                && !isZero(parent.group("trace"))
                && !isZero(parent.group("span"));
    }

    private static boolean isZero(String id) {
        return id.chars().allMatch(digit -> digit == '0');
    }

    /** Passed on whole or not at all. */
    private static String state(String given) {
        if (given.length() > MOST_STATE) {
            return "";
        }
        String[] members = given.split(",", -1);
        if (members.length > MOST_MEMBERS) {
            return "";
        }
        for (String member : members) {
            if (!MEMBER.matcher(member).matches()) {
                return "";
            }
        }
        return given.strip();
    }

    /** So many random words of 16 digits, none of them zero. */
    private static String hex(RandomGenerator random, int words) {
        StringBuilder id = new StringBuilder();
        for (int word = 0; word < words; word++) {
            long bits = random.nextLong();
            id.append(HexFormat.of().toHexDigits(bits == 0 ? 1 : bits));
        }
        return id.toString();
    }
}
