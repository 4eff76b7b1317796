package dev.tramontane.jinja;

import dev.tramontane.jinja.syntax.Names;
import dev.tramontane.jinja.syntax.Statement;
import dev.tramontane.jinja.syntax.TemplateParser;
import dev.tramontane.jinja.value.Budget;
import dev.tramontane.jinja.value.Limits;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A template, parsed and ready to render. Immutable; any thread. */
public final class Template {
    private final List<Statement> statements;

    private Template(List<Statement> statements) {
        this.statements = statements;
    }

    /**
     * Parses a template.
     *
     * @throws dev.tramontane.jinja.value.TemplateException for what is wrong in it or not supported
     */
    public static Template of(String source) {
        return new Template(
                TemplateParser.parse(source, new Names(Filters.names(), Tests.names(), TextMethods.MISSING)));
    }

    /**
     * Renders it.
     *
     * @param now what {@code strftime_now} writes
     * @throws dev.tramontane.jinja.value.TemplateException when it fails, refuses or exceeds a limit
     */
    public Text render(Map<String, Value> context, Limits limits, Supplier<ZonedDateTime> now) {
        Rendering rendering = new Rendering(new Budget(limits), now);
        Scope scope = new Scope(Globals.scope(rendering));
        context.forEach(scope::set);
        return new Evaluator(rendering).text(statements, scope);
    }
}
