package dev.tramontane.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.UntrustedValues;
import dev.tramontane.jinja.value.Value;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reliability catalogue 44: no template runs for ever, fills the memory or the stack, or reaches the JVM. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class TemplateAttackTest {
    private static final int MANY = 60_000;
    /** A tenth of the default, so that a hundred attacks take a minute and not ten. */
    private static final Limits TIGHT =
            new Limits(2_000_000, 25_000_000, 1_600_000, Limits.DEFAULT.depth(), Duration.ofSeconds(60));

    /** Half of what a thread has by default. */
    private static final int SMALL_STACK = 512 << 10;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                "[",
                "{1:",
                "{{ x[",
                "not ",
                "-",
                "+",
                "a.b",
                ".b",
                "[0]",
                "(1)",
                "|e",
                " is none",
                "~1",
                "+1",
                "**1",
                "*1",
                "==1",
                " and 1",
                " or 1",
                " if 1 else 1",
                ",1",
                " 'a'",
                "not (",
                "-(",
                "x(",
                "x|e(",
                "{'a':["
            })
    void parsingHasADepth(String part) {
        failsOrRuns("{{ " + part.repeat(MANY) + " }}");
        failsOrRuns("{{ 1" + part.repeat(MANY) + " }}");
        failsOrRuns("{{ x" + part.repeat(MANY));
        failsOrRuns("{% set x = " + part.repeat(MANY) + " %}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% if 1 %}",
                "{% for x in [1] %}",
                "{% set x %}",
                "{% macro f() %}",
                "{% call f() %}",
                "{% filter upper %}",
                "{% with %}",
                "{% generation %}",
                "{% raw %}",
                "{#",
                "{{",
                "{%",
                "{% if 1 %}{% else %}",
                "{% set (",
                "{% for ("
            })
    void blocksHaveADepth(String part) {
        assertThatThrownBy(() -> onSmallStack(part.repeat(MANY))).isInstanceOf(TemplateException.class);
    }

    @Test
    void longFlatTemplatesRun() {
        assertThat(onSmallStack("{% if 0 %}{% " + "elif 0 %}{% ".repeat(MANY) + "else %}x{% endif %}"))
                .isEqualTo("x");
        assertThat(onSmallStack("{{ 1 }}".repeat(MANY))).hasSize(MANY);
        assertThat(onSmallStack("{{ [" + "1,".repeat(MANY) + "] | length }}")).isEqualTo("" + MANY);
        assertThat(onSmallStack("{{ " + "'a' ".repeat(MANY) + " }}")).hasSize(MANY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{%"
                        + " endmacro %}{{ g() }}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ i * j }}{% endfor %}{% endfor %}",
                "{% for i in range(100000) %}{% for j in range(100000) if j < 0 %}{% endfor %}{% endfor %}",
                "{{ range(1000000000) | list }}",
                "{{ range(-9223372036854775807, 9223372036854775807) }}",
                "{{ range(0, 9223372036854775807, 100000000000) | list | length }}{{ range(10**9) }}",
                "{{ 'a' * 10**9 }}",
                "{{ 'a' * 9223372036854775807 }}",
                "{{ ('a' * 1000000) * 1000000 }}",
                "{{ [0] * 10**9 }}",
                "{{ [0] * 9223372036854775807 }}",
                "{% set ns = namespace(a='a') %}{% for i in range(100) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
                "{% set ns = namespace(a=[0]) %}{% for i in range(100) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
                "{% set ns = namespace(a='a') %}{% for i in range(100) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}",
                "{% set ns = namespace(a='aa') %}{% for i in range(100) %}{% set ns.a = ns.a.replace('a', 'aa') %}{%"
                        + " endfor %}",
                "{% set ns = namespace(a='a') %}{% for i in range(100) %}{% set ns.a = ns.a | replace('', ns.a) %}{%"
                        + " endfor %}",
                "{% set ns = namespace(a='\"') %}{% for i in range(100) %}{% set ns.a = ns.a | tojson %}{% endfor %}",
                "{% set ns = namespace(a='&') %}{% for i in range(100) %}{% set ns.a = ns.a | forceescape ~ ns.a %}{%"
                        + " endfor %}",
                "{% set ns = namespace(a='aa') %}{% for i in range(100) %}{% set ns.a = ns.a.join(ns.a | list) %}{%"
                        + " endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{{ x }}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{% set y = x ~ i %}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{% if x == x ~ '' %}{% endif %}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{% if 'b' in x %}{% endif %}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{{ x.count('b') }}{{ x.find('b') }}{% endfor"
                        + " %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{{ x[::-1] | length }}{% endfor %}",
                "{% set x = 'a' * 1000000 %}{% for i in range(100000) %}{{ x.upper() | length }}{% endfor %}",
                "{% set x = range(100000) | list %}{% for i in range(100000) %}{{ x | sort | length }}{% endfor %}",
                "{% set x = range(100000) | list %}{% for i in range(100000) %}{{ x == x + [] }}{% endfor %}",
                "{% set x = range(100000) | list %}{% for i in range(100000) %}{{ -1 in x }}{% endfor %}",
                "{% set ns = namespace(a=1) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a"
                        + " }}",
                "{% set ns = namespace(a=1) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a |"
                        + " tojson }}",
                "{% set ns = namespace(a=1, b=1) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% set ns.b ="
                        + " [ns.b] %}{% endfor %}{{ ns.a == ns.b }}",
                "{% set ns = namespace(a=1, b=2) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% set ns.b ="
                        + " [ns.b] %}{% endfor %}{{ ns.a < ns.b }}",
                "{% set ns = namespace(a=1) %}{% for i in range(100000) %}{% set ns.a = (ns.a,) %}{% endfor %}{{"
                        + " {ns.a: 1} }}",
                "{% set ns = namespace(a=1) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a"
                        + " }}",
                "{% set ns = namespace(a=1) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a"
                        + " | tojson(indent=4) }}",
                "{{ 'a'.center(10**9) }}",
                "{{ 'a'.ljust(9223372036854775807) }}",
                "{{ 'a'.zfill(10**9) }}",
                "{{ '%1000000000d' % 1 }}",
                "{{ '%.1000000000f' % 1.5 }}",
                "{{ '{:1000000000}'.format('a') }}",
                "{{ '{:01000000000d}'.format(1) }}",
                "{{ '{:.1000000000f}'.format(1.5) }}",
                "{{ '{:{}}'.format('a', 10**9) }}",
                "{{ ('{:{:{:{}}}}').format(1, 1, 1, 1) }}",
                "{{ ('{0[' ~ 'a' * 1000000) }}{{ ('{0[' * 300000).format(1) }}",
                "{% set f = '{:10000}' * 10000 %}{{ f.format(1) }}",
                "{% set f = '{0:9000}' * 10000 %}{{ f.format(1) }}",
                "{% set f = '{0' ~ '.a' * 500000 ~ '}' %}{% for i in range(100000) %}{{ f.format({}) }}{% endfor %}",
                "{% set f = '{0:.9000f}' * 100000 %}{{ f.format(1e-300) }}",
                "{% set x = 'a ' * 500000 %}{% for i in range(100000) %}{{ x | wordcount }}{% endfor %}",
                "{% set x = 'a ' * 500000 %}{% for i in range(100000) %}{{ x | truncate(900000, leeway=0) | length }}{%"
                        + " endfor %}",
                "{% set ns = namespace(a=' ') %}{% for i in range(100) %}{% set ns.a = ns.a | urlencode ~ ns.a %}{%"
                        + " endfor %}{% set x = '\u00e9' * 1000000 %}{{ x | urlencode }}",
                "{{ 'a' | indent(10**9) }}",
                "{{ [1] | tojson(indent=10**9) }}",
                "{{ 2 ** 1000000000 }}",
                "{{ 10 ** 4299 * 100 }}",
                "{{ 7 ** 7 ** 70 }}{{ 3 ** 18446744073709551616 }}",
                "{{ 2.5 * 10 ** 400 }}",
                "{{ [1, 2] | batch(9223372036854775807, 0) | list }}",
                "{{ [1] | slice(9223372036854775807) | list }}",
                "{{ 1e400 | int }}{{ (1e308 * 10) | round(2) }}{{ 10 ** 999 * 1.5 }}",
                "{% set a = 'x' * 100000 %}{{ a.split('') }}",
                "{{ strftime_now('%Y' * 100000) }}"
            })
    void costsAreBounded(String template) {
        assertThatThrownBy(() -> onSmallStack(template)).isInstanceOf(TemplateException.class);
    }

    @Test
    void searchesAreLinear() {
        // A naive search compares half a million characters half a million times.
        String half = "{% set a = 'a' * 500000 %}{% set b = 'a' * 250000 ~ 'b' %}";
        assertThat(onSmallStack(half + "{{ b in a }}{{ a.find(b) }}{{ a.rfind(b) }}{{ a.count(b) }}"))
                .isEqualTo("False-1-10");
        assertThat(onSmallStack(
                        half + "{{ a.split(b) | length }}{{ a.rsplit(b) | length }}{{ a.replace(b, 'x') == a }}"))
                .isEqualTo("11True");
        assertThat(onSmallStack(half + "{{ a.partition(b)[1] }}{{ a.strip('b' * 250000) == a }}"))
                .isEqualTo("True");
        assertThat(onSmallStack("{% set a = ('ab' * 100 ~ 'c') * 3 %}{% set p = 'ab' * 100 ~ 'c' %}"
                        + "{{ a.count(p) }}{{ a.find(p, 1) }}{{ a.rfind(p) }}{{ a.rsplit(p, 1)[0] | length }}"))
                .isEqualTo("3201402402");
    }

    @Test
    void theClockEndsARendering() {
        Limits impatient = new Limits(Long.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE, 400, Duration.ofMillis(50));
        Template endless = Template.of(
                "{% for i in range(100000) %}{% for j in range(100000) %}{% for k in range(100000) %}{% endfor %}{%"
                        + " endfor %}{% endfor %}");
        assertThatThrownBy(() -> endless.render(Map.of(), impatient, ZonedDateTime::now))
                .hasMessage("the template runs for more than 0 seconds");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.__class__.__mro__ }}",
                "{{ [].__class__ }}{{ [].__class__.x }}",
                "{{ messages.getClass() }}",
                "{{ messages[0].getClass().forName('java.lang.Runtime') }}",
                "{{ messages[0].class.x }}",
                "{{ ''['__class__']['x'] }}",
                "{{ range.__globals__['x'] }}",
                "{{ self.__init__.x }}",
                "{{ cycler.__init__.__globals__.os }}",
                "{{ namespace.__class__.x }}",
                "{{ ''.format.__globals__.x }}",
                "{{ '{0.__class__.__mro__}'.format(1) }}",
                "{{ '{0.append.x}'.format(messages) }}",
                "{{ '{0[__class__][x]}'.format(messages) }}",
                "{{ '{0.format.__globals__.x}'.format('') }}",
                "{{ ''.join.call }}{{ ''.join.call.x }}",
                "{{ messages | map(attribute='__class__.x') | list }}",
                "{{ messages | attr('__class__') | attr('x') }}",
                "{{ messages.append(1) }}",
                "{{ messages[0].update({}) }}",
                "{{ messages[0].pop('role') }}",
                "{% set ns = namespace(__class__=1) %}",
                "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
                "{% set messages.x = 1 %}",
                "{{ lipsum() }}",
                "{{ config.items() }}"
            })
    void nothingOfTheMachineIsReached(String template) {
        assertThatThrownBy(() -> onSmallStack(template)).isInstanceOf(TemplateException.class);
    }

    @Test
    void strayAttributesArePlainlyMissing() {
        assertThat(onSmallStack("{{ ''.__class__ }}{{ messages.class }}{{ messages[0].getClass }}{{ range.body }}{{"
                        + " '{0.__class__}{0[0].getClass}'.format(messages) }}"))
                .isEmpty();
    }

    @Test
    void everyPrefixOfATemplateParsesOrFailsClearly() {
        String template =
                "a {%- if x is not none and y[1:2] == 'b' -%} {# c #} {{ x.y('q', z=[1, {'a': 2.5}]) | join(', ') ~"
                        + " \"\\n"
                        + "\" }}{% elif not (x in y) %}{% raw %} {{ {% endraw +%}\n"
                        + " {% else %}{% for a, b in c.items() if a recursive %}{{ loop.index }}{% else %}{% set ns.x ="
                        + " namespace(a=1) %}{% endfor %}{% endif %}{% macro m(a, b=1) %}{% endmacro %}{% call(u) m() %}{%"
                        + " endcall %}";
        for (int end = 0; end <= template.length(); end++) {
            failsOrRuns(template.substring(0, end));
            failsOrRuns(template.substring(end));
        }
    }

    private static void failsOrRuns(String template) {
        try {
            onSmallStack(template);
        } catch (TemplateException e) {
            assertThat(e.line()).isPositive();
            assertThat(e).hasMessageNotContaining("\n");
        }
    }

    /** Parses and renders with little stack; a StackOverflowError is a failure of the test. */
    private static String onSmallStack(String template) {
        Value messages = UntrustedValues.of(List.of(Map.of("role", "user", "content", "x")));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        AtomicReference<String> text = new AtomicReference<>("");
        Thread thread = new Thread(
                null,
                () -> text.set(Template.of(template)
                        .render(Map.of("messages", messages), TIGHT, ZonedDateTime::now)
                        .chars()),
                "template",
                SMALL_STACK);
        thread.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Throwable thrown = failure.get();
        if (thrown instanceof TemplateException known) {
            throw known;
        }
        if (thrown != null) {
            throw new AssertionError(template.substring(0, Math.min(80, template.length())), thrown);
        }
        return text.get();
    }
}
