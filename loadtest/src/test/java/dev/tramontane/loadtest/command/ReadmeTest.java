package dev.tramontane.loadtest.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The module's own page against the program. */
class ReadmeTest {
    /** Of the service's own commands, which the page calls, too. */
    private static final Set<String> SERVICES = Set.of("--append", "--api-keys");

    private static Set<String> found(String pattern, String text) {
        Set<String> all = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            all.add(matcher.group(1));
        }
        return all;
    }

    @Test
    void everyOptionThatItNamesIsThere() throws IOException {
        StringBuilder help = new StringBuilder(Files.readString(Path.of("run.sh")));
        for (String command : List.of("run", "sweep", "compare", "proxy")) {
            help.append(Ran.of(command, "--help").out());
        }
        Set<String> named = found("(--[a-z][a-z-]+)", Files.readString(Path.of("README.md")));
        named.removeAll(SERVICES);
        assertThat(found("(--[a-z][a-z-]+)", help.toString())).containsAll(named);
        assertThat(named).hasSizeGreaterThan(15);
    }

    @Test
    void everyFileThatItLinksToIsThere() throws IOException {
        for (String link : found("\\]\\(([^)#:]+)[^):]*\\)", Files.readString(Path.of("README.md")))) {
            assertThat(Path.of(link)).exists();
        }
    }
}
