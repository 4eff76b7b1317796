package dev.tramontane.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserCacheTest {
    @Test
    void liesWhereTheSystemKeepsCaches() {
        assertThat(UserCache.directory(Map.of(), "/home/me", "Linux")).contains(Path.of("/home/me/.cache/tramontane"));
        assertThat(UserCache.directory(Map.of(), "/Users/me", "Mac OS X"))
                .contains(Path.of("/Users/me/Library/Caches/tramontane"));
        Map<String, String> set = Map.of("XDG_CACHE_HOME", "/var/cache");
        assertThat(UserCache.directory(set, "?", "Linux")).contains(Path.of("/var/cache/tramontane"));
        assertThat(UserCache.directory(Map.of("XDG_CACHE_HOME", "relative"), "/home/me", "Linux"))
                .contains(Path.of("/home/me/.cache/tramontane"));
        assertThat(UserCache.directory(Map.of(), "?", "Linux")).isEmpty();
    }
}
