package dev.tramontane.top;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Figures in Prometheus' text format, 0.0.4 (prometheus.io, "Exposition formats"). Lines that are none are passed over: other servers may stand before this
 * one. Immutable.
 */
final class Metrics {
    /** Series of one name; more are left out. */
    private static final int MOST_SERIES = 1000;

    private static final Pattern LINE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)\\})?\\s+(\\S+)(?:\\s+-?\\d+)?");
    private static final Pattern LABEL =
            Pattern.compile("\\s*([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]++|\\\\.)*+)\"\\s*,?");

    /** One figure, and what tells it from others of its name. */
    record Series(Map<String, String> labels, double value) {
        String label(String name) {
            return labels.getOrDefault(name, "");
        }
    }

    private final Map<String, List<Series>> byName = new HashMap<>();

    static Metrics of(String text) {
        Metrics read = new Metrics();
        text.lines().forEach(read::line);
        return read;
    }

    private void line(String line) {
        Matcher parts = LINE.matcher(line);
        if (line.startsWith("#") || !parts.matches()) {
            return;
        }
        double value;
        try {
            value = number(parts.group(3));
        } catch (NumberFormatException none) {
            return;
        }
        List<Series> series = byName.computeIfAbsent(parts.group(1), name -> new ArrayList<>());
        if (series.size() < MOST_SERIES) {
            series.add(new Series(labels(parts.group(2) == null ? "" : parts.group(2)), value));
        }
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        Matcher label = LABEL.matcher(text);
        while (label.lookingAt()) {
            labels.put(label.group(1), unescaped(label.group(2)));
            label.region(label.end(), text.length());
        }
        return Map.copyOf(labels);
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                char escaped = text.charAt(++i);
                plain.append(escaped == 'n' ? '\n' : escaped);
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    /** All of a name. */
    List<Series> of(Key key) {
        return byName.getOrDefault(key.name(), List.of()).stream()
                .filter(key.which())
                .toList();
    }

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /** Together; 0 where there are none. */
    double sum(Key key) {
        return of(key).stream().mapToDouble(Series::value).sum();
    }

    double sum(String name) {
        return sum(new Key(name));
    }

    /** Which figures are meant. */
    record Key(String name, Predicate<Series> which) {
        Key(String name) {
            this(name, each -> true);
        }

        static Key with(String name, String label, String value) {
            return new Key(name, each -> each.label(label).equals(value));
        }
    }
}
