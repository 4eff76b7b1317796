package dev.tramontane.hub;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a registry says that tokens are given out: {@code WWW-Authenticate: Bearer realm="...",service="...",scope="..."}, by the
 * token specification of the distribution registry and RFC 9110.
 *
 * @param realm who gives tokens out
 * @param service whom they are for; empty where it is not said
 * @param scopes what they are for
 */
record Challenge(URI realm, String service, List<String> scopes) {
    private static final int MOST = 4096;
    private static final String SCHEME = "bearer ";
    private static final Pattern PARAMETER =
            Pattern.compile("\\s*([a-z_]{1,40})\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,\"]+))\\s*(?:,|$)");

    /** Empty where there is none of this kind, or none that can be followed. */
    static Optional<Challenge> of(List<String> headers) {
        return headers.stream()
                .filter(header -> header.length() <= MOST
                        && header.toLowerCase(Locale.ROOT).startsWith(SCHEME))
                .findFirst()
                .flatMap(header -> parse(header.substring(SCHEME.length())));
    }

    private static Optional<Challenge> parse(String text) {
        Map<String, String> parameters = new LinkedHashMap<>();
        Matcher parameter = PARAMETER.matcher(text);
        int end = 0;
        while (end < text.length()) {
            if (!parameter.find(end) || parameter.start() != end) {
                return Optional.empty();
            }
            String value = parameter.group(2) == null
                    ? parameter.group(3)
                    : parameter.group(2).replaceAll("\\\\(.)", "$1");
            if (parameters.putIfAbsent(parameter.group(1), value) != null) {
                return Optional.empty(); // Which of both would count?
            }
            end = parameter.end();
        }
        return realm(parameters.getOrDefault("realm", ""))
                .map(realm -> new Challenge(
                        realm,
                        parameters.getOrDefault("service", ""),
                        List.of(parameters.getOrDefault("scope", "").split(" ", -1)).stream()
                                .filter(scope -> !scope.isEmpty())
                                .toList()));
    }

    private static Optional<URI> realm(String text) {
        try {
            URI realm = URI.create(text);
            boolean web = "https".equalsIgnoreCase(realm.getScheme()) || "http".equalsIgnoreCase(realm.getScheme());
            return web
                            && Endpoint.isReachable(realm)
                            && realm.getRawUserInfo() == null
                            && realm.getRawFragment() == null
                    ? Optional.of(realm)
                    : Optional.empty();
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
