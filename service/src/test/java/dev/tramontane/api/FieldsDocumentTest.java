package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Documents;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** docs/http.md against the service: every field that it names is known, every limit that it states holds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FieldsDocumentTest {
    private static final Pattern NAME = Pattern.compile("`([a-z_]+)(?:\\.[a-z_]+)?`");

    private final String document = Documents.text("docs/http.md");
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** The names in the first column of the table of fields, and those with a paragraph's beginning in bold or code. */
    private List<String> fieldsOfBoth() {
        String table = document.substring(document.indexOf("## Fields of both endpoints"));
        table = table.substring(0, table.indexOf("\n\n", table.indexOf("|---|")));
        List<String> names = new ArrayList<>();
        table.lines().filter(line -> line.startsWith("| `")).forEach(line -> {
            Matcher matcher = NAME.matcher(line.split("\\|", -1)[1]);
            while (matcher.find()) {
                names.add(matcher.group(1));
            }
        });
        return names;
    }

    /** A field that is not known is refused as such; a wrong value of one that is known is refused otherwise. */
    @Test
    void everyFieldIsKnown() {
        List<String> names = fieldsOfBoth();
        assertThat(names)
                .contains("n", "stop", "prompt_logprobs", "stream_options")
                .hasSizeGreaterThan(25);
        JsonObject strange = new JsonObject().put("no", new JsonObject());
        for (String name : names) {
            JsonObject more = new JsonObject().put(name, strange);
            for (TestService.Reply reply : List.of(
                    service.completion(TestService.body("p", more)), service.chat(TestService.chatBody(more)))) {
                if (reply.status() != 200) {
                    assertThat(reply.error().getString("message"))
                            .doesNotContainPattern("unknown field " + name + "(?![.\\w])");
                    assertThat(reply.error().getString("param")).startsWith(name);
                }
            }
        }
    }

    @Test
    void theLimitsAreThoseOfTheDefaults() {
        TransportLimits limits = TransportLimits.DEFAULT;
        assertThat(document.replaceAll("\\s+", " "))
                .contains(String.format(
                        Locale.ROOT,
                        "Limits by default: body %d MiB within %d seconds, head %d KiB, path %d KiB, JSON depth 64, %,d"
                                + " connections",
                        limits.bodyBytes() >> 20,
                        limits.bodyTime().toSeconds(),
                        limits.headerBytes() >> 10,
                        limits.lineBytes() >> 10,
                        limits.connections()));
    }
}
