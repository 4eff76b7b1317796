package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/clients.md: each row names a test that exists and the version that is installed for it. */
class ClientsDocumentTest {
    private static final Pattern ROW =
            Pattern.compile("^\\| ([^|]+) \\| ([^|]+) \\| ?(?:`([^`]+)`)? ?\\| `(\\w+)\\.(\\w+)` \\|$");

    @Test
    void everyRowIsATestOfAPinnedVersion() throws Exception {
        List<String> clients = new ArrayList<>();
        for (String line : Documents.text("docs/clients.md").lines().toList()) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                continue;
            }
            clients.add(row.group(1));
            List<String> tests = Arrays.stream(
                            Class.forName("dev.tramontane.api." + row.group(4)).getDeclaredMethods())
                    .map(Method::getName)
                    .toList();
            assertThat(tests).as(line).contains(row.group(5));
            if (row.group(3) != null) {
                assertThat(Documents.text("service/src/test/clients/" + row.group(3)))
                        .as(line)
                        .containsPattern("\\b" + Pattern.quote(row.group(2)) + "\\b");
            }
        }
        assertThat(clients).hasSize(39).contains("mistralai for Python", "nginx as a relay");
    }
}
