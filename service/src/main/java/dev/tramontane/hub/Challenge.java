package dev.tramontane.hub;

import java.net.URI;
import java.util.ArrayList;
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
    private static final String BEARER = "bearer";
    private static final String NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}+";
    private static final String END = "\\s*+(?:,|$)";
    private static final Pattern SCHEME = Pattern.compile("[\\s,]*+(" + NAME + ")(?: ++|(?=" + END + "))");
    private static final Pattern PARAMETER =
            Pattern.compile("[\\s,]*+(" + NAME + ")\\s*+=\\s*+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^\\s,\"=]++))" + END);
    private static final Pattern TOKEN68 = Pattern.compile("[0-9A-Za-z._~+/-]++=*+" + END);

    /** Empty where there is none of this kind, or none that can be followed. */
    static Optional<Challenge> of(List<String> headers) {
        return headers.stream()
                .filter(header -> header.length() <= MOST)
                .flatMap(header -> parse(header).stream())
                .findFirst();
    }

    /** Of a header, which may have several challenges, of several schemes; one that is not understood to its end has none. */
    private static Optional<Challenge> parse(String header) {
        List<Map<String, String>> bearers = new ArrayList<>();
        Map<String, String> parameters = new LinkedHashMap<>();
        Matcher parameter = PARAMETER.matcher(header);
        Matcher scheme = SCHEME.matcher(header);
        Matcher token = TOKEN68.matcher(header);
        boolean begun = false;
        int end = 0;
        while (!header.substring(end).isBlank()) {
            if (begun && at(parameter, end)) {
                String value = parameter.group(2) == null
                        ? parameter.group(3)
                        : parameter.group(2).replaceAll("\\\\(.)", "$1");
                if (parameters.putIfAbsent(parameter.group(1).toLowerCase(Locale.ROOT), value) != null) {
                    return Optional.empty(); // Which of both would count?
                }
                end = parameter.end();
            } else if (at(scheme, end)) {
                begun = true;
                parameters = new LinkedHashMap<>();
                if (BEARER.equalsIgnoreCase(scheme.group(1))) {
                    bearers.add(parameters);
                }
                end = scheme.end();
                end = !at(parameter, end) && at(token, end) ? token.end() : end;
            } else {
                return Optional.empty();
            }
        }
        return bearers.stream().flatMap(bearer -> of(bearer).stream()).findFirst();
    }

    private static boolean at(Matcher matcher, int place) {
        return matcher.find(place) && matcher.start() == place;
    }

    private static Optional<Challenge> of(Map<String, String> parameters) {
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
