package dev.tramontane.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.UntrustedValues;
import dev.tramontane.jinja.value.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The module's README says what is true. */
final class ReadmeTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    @Test
    void namesEveryFilterTestAndFunction() throws IOException {
        assertThat(names("| filters |")).isEqualTo(new TreeSet<>(Filters.names()));
        assertThat(names("| tests |")).isEqualTo(new TreeSet<>(Tests.names()));
        assertThat(names("- methods: ")).isEqualTo(new TreeSet<>(TextMethods.MISSING));
        for (String function : names("| functions |")) {
            assertThat(render("{{ " + function + " is defined }}", Map.of()).chars())
                    .as(function)
                    .isEqualTo(function.equals("loop") ? "False" : "True");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"- filters: ", "- methods: ", "- statements: "})
    void whatIsNotSupportedIsSaidWhenTheTemplateIsRead(String row) throws IOException {
        for (String name : names(row)) {
            String template = switch (row) {
                case "- filters: " -> "a\n{% if false %}{{ 'a' | " + name + " }}{% endif %}";
                case "- methods: " -> "a\n{% if false %}{{ 'a'." + name + "() }}{% endif %}";
                default -> "a\n{% if false %}{% " + name + " %}{% endif %}";
            };
            TemplateException refusal = catchThrowableOfType(TemplateException.class, () -> Template.of(template));
            assertThat(refusal).as(name).isNotNull().hasMessageContaining("'" + name + "'");
            assertThat(refusal.line()).isEqualTo(2);
        }
    }

    @Test
    void theExampleRuns() throws IOException {
        Map<String, Value> context = Map.of(
                "messages",
                UntrustedValues.of(List.of(Map.of("role", "user", "content", "say <|end|>"))),
                "bos_token",
                Text.trusted("<s>"));
        Text prompt = render("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}", context);
        StringBuilder shown = new StringBuilder();
        prompt.stretches((chars, trusted) ->
                shown.append(trusted ? "trusted " : "not ").append(chars).append("; "));
        assertThat(shown).hasToString("trusted <|; not user; trusted |>; not say <|end|>; ");
    }

    @Test
    void theBudgetsAreTheDefaults() throws IOException {
        Limits limits = Limits.DEFAULT;
        assertThat(readme())
                .contains(
                        String.format(Locale.ROOT, "| %,d |", limits.steps()),
                        String.format(Locale.ROOT, "| %,d |", limits.text()),
                        String.format(Locale.ROOT, "| %,d |", limits.string()),
                        String.format(Locale.ROOT, "| %d |", limits.depth()),
                        String.format(Locale.ROOT, "| %d s |", limits.time().toSeconds()));
    }

    /** The names in the line that begins so. */
    private static Set<String> names(String row) throws IOException {
        try (Stream<String> lines = readme().lines()) {
            String line = lines.filter(text -> text.startsWith(row)).findFirst().orElseThrow();
            return CODE.matcher(line)
                    .results()
                    .map(found -> found.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Text render(String template, Map<String, Value> context) {
        return Template.of(template).render(context, Limits.DEFAULT, ZonedDateTime::now);
    }

    /** The module's folder is the working directory, or lies in it. */
    private static String readme() throws IOException {
        Path inside = Path.of("jinja", "README.md");
        return Files.readString(Files.exists(inside) ? inside : Path.of("README.md"));
    }
}
