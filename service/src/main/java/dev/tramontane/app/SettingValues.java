package dev.tramontane.app;

import static dev.tramontane.app.Units.SIZE_RULE;
import static dev.tramontane.app.Units.TIME_RULE;

import dev.tramontane.engine.Speculation;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings read as numbers, sizes, times, paths and words. What is not set and has no default is empty; what breaks its
 * rule is a {@link UsageException} that says the rule and where the value was set.
 */
final class SettingValues {
    /** OTLP's path for traces, over HTTP. */
    private static final String TRACES = "/v1/traces";

    /** What a hub's address must look like, for messages. */
    static final String ADDRESS_RULE = "a URL such as https://hub.example.org, without user, query or fragment";

    private final Settings settings;

    SettingValues(Settings settings) {
        this.settings = settings;
    }

    <T> Optional<T> parsed(Setting setting, String rule, Function<String, T> parser, Predicate<T> holds) {
        return settings.parsed(setting, rule, parser, holds);
    }

    OptionalInt whole(Setting setting, int least, int most) {
        return optional(parsed(
                setting, least + " to " + most, SettingValues::integer, value -> value >= least && value <= most));
    }

    /** From 1 to {@code most}; {@code none} is 0. */
    OptionalInt wholeOrNone(Setting setting, int most) {
        return optional(parsed(
                setting,
                "none or 1 to " + most,
                text -> text.equals("none") ? 0 : positive(text),
                value -> value <= most));
    }

    OptionalLong size(Setting setting) {
        return parsed(setting, SIZE_RULE + ", at least 1MiB", Units::bytes, bytes -> bytes >= 1 << 20)
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    /**
     * A time, both limits included, of a setting that has a default.
     *
     * @param limits in words
     */
    Duration time(Setting setting, String limits, Duration least, Duration most) {
        return parsed(
                        setting,
                        TIME_RULE + ", " + limits,
                        Units::time,
                        time -> time.compareTo(least) >= 0 && time.compareTo(most) <= 0)
                .orElseThrow();
    }

    /** On or off, of a setting that has a default. */
    boolean on(Setting setting) {
        return word(setting, List.of("on", "off")).orElseThrow().equals("on");
    }

    /** A way to guess tokens, and behind a colon how many, of a setting that has a default. */
    Speculation speculation(Setting setting) {
        return parsed(
                        setting,
                        "off, or auto, ngram or draft_model, and behind a colon 1 to " + Speculation.MOST,
                        SettingValues::speculation,
                        value -> true)
                .orElseThrow();
    }

    private static Speculation speculation(String text) {
        int colon = text.indexOf(':');
        Speculation.Method method = Speculation.Method.of(colon < 0 ? text : text.substring(0, colon));
        if (method == null || (method == Speculation.Method.OFF && colon >= 0)) {
            throw new IllegalArgumentException("no way to guess tokens");
        }
        return new Speculation(method, colon < 0 ? Speculation.USUAL : integer(text.substring(colon + 1)));
    }

    /** Directories by the names of the adapters in them, in their order. */
    Map<String, Path> adapters(Setting setting) {
        return parsed(
                        setting,
                        "NAME=DIR or MODEL:NAME=DIR, several with commas between; names have up to 128 letters, digits,"
                                + " '.', '_', '-' or '/', each once",
                        SettingValues::adapters,
                        value -> true)
                .orElse(Map.of());
    }

    private static Map<String, Path> adapters(String text) {
        Map<String, Path> adapters = new LinkedHashMap<>();
        for (String entry : parts(text).toList()) {
            int equals = entry.indexOf('=');
            String name = entry.substring(0, Math.max(0, equals));
            LoraName parts = LoraName.of(name);
            boolean isName = LoraName.isName(parts.name())
                    && parts.model().filter(String::isEmpty).isEmpty();
            String directory = entry.substring(equals + 1);
            // Without one it would be the working directory.
            if (!isName || directory.isBlank() || adapters.put(name, Path.of(directory)) != null) {
                throw new IllegalArgumentException("no adapter");
            }
        }
        return adapters;
    }

    /** From 0 to 1, of a setting that has a default. */
    double share(Setting setting) {
        return parsed(setting, "0 to 1", SettingValues::decimal, share -> share >= 0 && share <= 1)
                .orElseThrow();
    }

    /** Where traces are posted to. A password would show in lists of processes, and nothing of a query has a meaning. */
    Optional<URI> collector(Setting setting) {
        return parsed(
                setting,
                "a URL such as http://127.0.0.1:4318, without user, query or fragment",
                text -> {
                    URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
                    return String.valueOf(uri.getPath()).endsWith(TRACES) ? uri : URI.create(uri + TRACES);
                },
                uri -> uri.getHost() != null && isPlain(uri));
    }

    /** Where a hub is. */
    Optional<URI> address(Setting setting) {
        return parsed(setting, ADDRESS_RULE, SettingValues::address, uri -> true);
    }

    /** @throws IllegalArgumentException for what is no such URL */
    static URI address(String text) {
        URI uri = URI.create(text.replaceFirst("/+$", ""));
        if (uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65_535 || !isPlain(uri)) {
            throw new IllegalArgumentException("no " + ADDRESS_RULE);
        }
        return uri;
    }

    private static boolean isPlain(URI uri) {
        return List.of("http", "https").contains(String.valueOf(uri.getScheme()))
                && uri.getRawUserInfo() == null
                && uri.getRawQuery() == null
                && uri.getRawFragment() == null;
    }

    Optional<Path> path(Setting setting) {
        // Path.of refuses a NUL with an InvalidPathException, which is an IllegalArgumentException.
        return parsed(setting, "a path", Path::of, path -> !path.toString().isEmpty());
    }

    /** Words between commas, white space around them left out. */
    Set<String> list(Setting setting, String rule, Predicate<String> holds) {
        return parsed(
                        setting,
                        rule,
                        text -> parts(text).collect(Collectors.toSet()),
                        words -> words.stream().allMatch(holds))
                .orElse(Set.of());
    }

    /** The same in their order. */
    Optional<List<String>> words(Setting setting, String rule, Predicate<String> holds) {
        return parsed(
                setting,
                rule,
                text -> parts(text).toList(),
                words -> words.stream().allMatch(holds));
    }

    /** What stands between commas, white space around it left out. */
    static Stream<String> parts(String text) {
        return Stream.of(text.split(",", -1)).map(String::strip);
    }

    /** One of these words, in whatever case. */
    Optional<String> word(Setting setting, List<String> words) {
        return choice(setting, words, Function.identity());
    }

    /** One of these things by its word. */
    <T> Optional<T> choice(Setting setting, List<T> choices, Function<T, String> word) {
        List<String> words = choices.stream().map(word).toList();
        String rule = String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
        return parsed(setting, rule, text -> choices.get(index(words, text)), value -> true);
    }

    void atLeast(Setting upper, int value, Setting lower, int least) {
        if (value < least) {
            throw new UsageException(settings.name(upper) + " must be at least " + least + ", the value of "
                    + settings.name(lower) + ", got " + value);
        }
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static OptionalInt optional(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private static int positive(String text) {
        int value = integer(text);
        if (value < 1) {
            throw new IllegalArgumentException(text + " is below 1");
        }
        return value;
    }

    /** Java's own parser also takes a plus sign and digits of other scripts. */
    private static int integer(String text) {
        if (!text.matches("-?[0-9]+")) {
            throw new NumberFormatException(text + " is no whole number");
        }
        return Integer.parseInt(text);
    }

    /** Java's own parser also takes infinities, hexadecimal digits and suffixes. */
    private static double decimal(String text) {
        if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            throw new NumberFormatException(text + " is no number");
        }
        return Double.parseDouble(text);
    }

    private static int index(List<String> words, String text) {
        int index = words.indexOf(lower(text));
        if (index < 0) {
            throw new IllegalArgumentException(text + " is none of " + words);
        }
        return index;
    }

    /** Where to listen. */
    String host(Setting setting) {
        return parsed(
                        setting,
                        "a host name or address",
                        SettingValues::unbracketed,
                        host -> host.matches("[\\p{Alnum}.:%_-]{1,253}"))
                .orElseThrow();
    }

    /** An IPv6 address may be written as in a URL. */
    private static String unbracketed(String host) {
        boolean bracketed = host.startsWith("[") && host.endsWith("]") && host.contains(":");
        return bracketed ? host.substring(1, host.length() - 1) : host;
    }
}
