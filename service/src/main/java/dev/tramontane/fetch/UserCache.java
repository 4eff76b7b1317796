package dev.tramontane.fetch;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where a user's programs keep what can be had again. */
public final class UserCache {
    private UserCache() {}

    /**
     * The directory for this program: in {@code $XDG_CACHE_HOME} if that is set, else in {@code ~/Library/Caches} on macOS,
     * else in {@code ~/.cache}. It need not exist.
     *
     * @param variables of the environment
     * @param home the user's, as the JVM says it
     * @param system the property {@code os.name}
     * @return empty where the JVM knows no home ("?"): a container's bare user number, say
     */
    public static Optional<Path> directory(Map<String, String> variables, String home, String system) {
        String set = variables.getOrDefault("XDG_CACHE_HOME", "");
        // The XDG base directory specification says to ignore relative paths.
        if (set.startsWith("/")) {
            return Optional.of(Path.of(set, "tramontane"));
        }
        if (!home.startsWith("/")) {
            return Optional.empty();
        }
        return Optional.of(
                system.startsWith("Mac")
                        ? Path.of(home, "Library", "Caches", "tramontane")
                        : Path.of(home, ".cache", "tramontane"));
    }
}
