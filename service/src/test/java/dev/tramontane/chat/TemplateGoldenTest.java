package dev.tramontane.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.jinja.Template;
import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.UntrustedValues;
import dev.tramontane.jinja.value.Value;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** The same text, or an error where there is one, as Jinja 3.1 with the settings of transformers gives. */
final class TemplateGoldenTest {

    /** What is left out on purpose, and named as missing when the template is read. */
    private static final Map<String, String> REFUSED =
            Map.of("other filters", "there is no filter named 'striptags' here");

    @TestFactory
    Stream<DynamicTest> asJinja() {
        JsonNode golden = Oracle.read("chat-templates");
        ZonedDateTime now = LocalDateTime.parse(golden.get("now").asString()).atZone(ZoneOffset.UTC);
        return Oracle.stream(golden.get("cases"))
                .map(test -> DynamicTest.dynamicTest(test.get("name").asString(), () -> check(test, now)));
    }

    private static void check(JsonNode test, ZonedDateTime now) {
        String name = test.get("name").asString();
        Map<String, Value> context = new HashMap<>();
        Json.map(test.get("context")).forEach((key, value) -> context.put(key, UntrustedValues.of(value)));
        String text;
        try {
            text = Template.of(test.get("template").asString())
                    .render(context, Limits.DEFAULT, () -> now)
                    .chars();
        } catch (TemplateException e) {
            String refusal = REFUSED.get(name.substring(name.indexOf(": ") + 2));
            if (refusal != null) {
                assertThat(e).hasMessage(refusal);
            } else if (!test.has("error")) {
                fail("line " + e.line() + ": " + e.getMessage());
            } else if (test.get("error_kind").asString().equals("raise_exception")) {
                assertThat(e.isRaised()).isTrue();
                assertThat(e).hasMessage(test.get("error").asString());
            } else {
                assertThat(e.isRaised()).isFalse();
                assertThat(e.line()).isPositive();
                assertThat(ForeignWords.in(String.valueOf(e.getMessage())))
                        .as(e.getMessage())
                        .isEmpty();
            }
            return;
        }
        assertThat(test.has("error")).as("should fail, but gives " + text).isFalse();
        assertThat(text).isEqualTo(test.get("expected").asString());
    }
}
