package dev.tramontane.api;

import dev.tramontane.json.Nearest;
import java.util.Comparator;
import java.util.List;

/** Which path a wrong one may have been meant for: often a client's base address has its {@code /v1} twice, or not at all. */
final class NearPath {
    private NearPath() {}

    /** "; did you mean /v1/models?", or nothing when none is like it. */
    static String suggestion(String asked, List<String> served) {
        List<String> paths = served.stream().filter(path -> path.length() > 1).toList();
        if (asked.length() <= 1) {
            return "";
        }
        return paths.stream()
                .filter(path -> path.endsWith(asked) || asked.endsWith(path))
                .max(Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder()))
                .map(path -> "; did you mean " + path + "?")
                .orElseGet(() -> Nearest.suggestion(asked, paths));
    }
}
