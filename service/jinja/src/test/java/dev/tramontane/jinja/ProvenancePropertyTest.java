package dev.tramontane.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whatever a template does to text, the user's characters stay the user's. They are Greek here and the template's are
 * not, so that origins can be read off the output.
 */
final class ProvenancePropertyTest {
    private static final String USER = "αΒγ δΕ\nζΣς Ωώ";

    private static final String[] SHAPES = {
        "(%s | upper)",
        "(%s | lower)",
        "(%s | title)",
        "(%s | capitalize)",
        "%s.swapcase()",
        "%s.strip()",
        "(%s | trim)",
        "%s[::-1]",
        "%s[1:]",
        "%s[:-2]",
        "%s[::2]",
        "%s[2:7]",
        "(%s ~ 'ab')",
        "('<|' ~ %s)",
        "(%s + '|>')",
        "('x' + %s)",
        "%s.replace('γ', 'g')",
        "%s.replace('a', 'xyz')",
        "%s.replace('', '-')",
        "(%s | replace(' ', u))",
        "'|'.join([%s, u, 'q'])",
        "%s.join(['k', 'l'])",
        "(%s.split() | join('_'))",
        "(%s.split('δ') | join('d'))",
        "(%s.splitlines() | join('/'))",
        "(%s | list | join)",
        "(%s | list | reverse | join)",
        "(%s.partition(' ') | join('!'))",
        "(%s | tojson)",
        "([%s] | string)",
        "({%s: 'v'} | tojson)",
        "('%%s-%%s' %% (%s, 'w'))",
        "'{}{}'.format('z', %s)",
        "(%s | indent(3, true))",
        "%s.center(40, '*')",
        "('<|{:>30}|{!r}|>'.format(%s, u))",
        "('<|{0:*^{1}}|>'.format(%s, 25))",
        "(%s ~ '{:x<30}|').format(u, 'z')",
        "('<|{0[a]}|>'.format({'a': %s}))",
        "(%s | truncate(9, true, '|>', 0))",
        "(%s | truncate(7, end='', leeway=1))",
        "(%s | wordcount ~ u)",
        "((%s | urlencode) ~ u)",
        "%s.zfill(30)",
        "(%s * 2)",
        "(%s | e)",
        "((%s | safe) + '<')",
        "(%s if true else 'n')",
        "(%s or 'n')",
        "f(%s)",
        "(%s | default('n'))",
        "([%s, 'm'] | first)",
        "(%s[1] ~ %1$s)",
        "dict(a=%s)['a']",
        "namespace(a=%s).a",
        "([%s] | map('upper') | join)",
        "([%s, 'A'] | sort | join)",
        "([%s, 'A'] | unique | join)",
        "%s.rsplit(none, 1)[0]",
        "%s.removeprefix('α')",
        "%s.ljust(20, 'p')",
        "([%s, 'b'] | batch(1) | list | string)",
        "(%s.title() | string)"
    };

    @Test
    void theUsersCharactersStayTheUsers() {
        int kept = 0;
        for (long seed = 0; seed < 5_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String expression = random.nextInt(3) == 0 ? "'template'" : "u";
            int depth = random.nextInt(1, 6);
            for (int i = 0; i < depth; i++) {
                expression = String.format(SHAPES[random.nextInt(SHAPES.length)], expression);
            }
            Text text;
            try {
                text = Template.of("{% macro f(x) %}[{{ x }}]{% endmacro %}{{ " + expression + " }}")
                        .render(Map.of("u", Text.untrusted(USER)), Limits.DEFAULT, ZonedDateTime::now);
            } catch (TemplateException e) {
                continue; // An index that is not there, an operation on the wrong type.
            }
            boolean greek = false;
            for (int i = 0; i < text.chars().length(); i++) {
                char c = text.chars().charAt(i);
                boolean isGreek = Character.UnicodeScript.of(c) == Character.UnicodeScript.GREEK;
                assertThat(isGreek && text.isTrusted(i))
                        .as("seed %d, %s gives %s, character %d", seed, expression, text.chars(), i)
                        .isFalse();
                boolean isPunctuation = "<|>".indexOf(c) >= 0;
                assertThat(isPunctuation && !text.isTrusted(i))
                        .as("seed %d, %s: the template's own was taken for the user's", seed, expression)
                        .isFalse();
                greek |= isGreek;
            }
            kept += greek ? 1 : 0;
        }
        assertThat(kept).isGreaterThan(2_000);
    }

    @Test
    void stretchesAreTheText() {
        Value user = Text.untrusted("uu");
        Text text = Template.of("a{{ u }}b{{ 'c' }}{{ u }}{{ u }}")
                .render(Map.of("u", user), Limits.DEFAULT, ZonedDateTime::now);
        StringBuilder shown = new StringBuilder();
        text.stretches((chars, trusted) ->
                shown.append(trusted ? "<" : "(").append(chars).append(trusted ? ">" : ")"));
        assertThat(shown).hasToString("<a>(uu)<bc>(uuuu)");
    }
}
