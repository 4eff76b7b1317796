package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.syntax.Expression.CallArguments;
import dev.tramontane.jinja.syntax.Expression.Constant;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import java.util.Set;

/**
 * The names that the interpreter knows, so that what it lacks is said when a template is read and not when it is first
 * used.
 *
 * @param filters names of filters
 * @param tests names of tests
 * @param missingMethods methods of Python's types that templates may call in Jinja, but that are not supported here
 */
public record Names(Set<String> filters, Set<String> tests, Set<String> missingMethods) {

    void checkFilter(String name, int line) {
        if (!filters.contains(name)) {
            throw new TemplateException("there is no filter named '" + name + "' here", line);
        }
    }

    void checkTest(String name, int line) {
        if (!tests.contains(name)) {
            throw new TemplateException("there is no test named '" + name + "' here", line);
        }
    }

    void checkMethod(String name, int line) {
        if (missingMethods.contains(name)) {
            throw new TemplateException("the method '" + name + "' is not supported", line);
        }
    }

    /** Checks the filters and tests that are given to filters by name. */
    void checkNamed(String filter, CallArguments arguments, int line) {
        int index = filter.endsWith("attr") ? 1 : 0;
        if (arguments.positional().size() <= index
                || !(arguments.positional().get(index) instanceof Constant constant)
                || !(constant.value() instanceof Text name)) {
            return;
        }
        switch (filter) {
            case "map" -> checkFilter(name.chars(), line);
            case "select", "reject", "selectattr", "rejectattr" -> checkTest(name.chars(), line);
            default -> {}
        }
    }
}
