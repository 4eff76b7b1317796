package dev.tramontane.jinja.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a template does. Each knows the line where it stands. */
public sealed interface Statement {

    int line();

    /** Literal text. */
    record Data(String text, int line) implements Statement {}

    record Output(Expression value, int line) implements Statement {}

    /** Conditions and bodies in turn, then what remains. */
    record If(List<Branch> branches, List<Statement> otherwise, int line) implements Statement {}

    record Branch(Expression condition, List<Statement> body) {}

    record For(
            Target target,
            Expression iterable,
            @Nullable Expression condition,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise,
            int line)
            implements Statement {}

    record Assign(Target target, Expression value, int line) implements Statement {}

    /** {@code {% set name | filters %}body{% endset %}}. */
    record AssignBlock(Target target, @Nullable Expression filters, List<Statement> body, int line)
            implements Statement {}

    record With(List<Target> targets, List<Expression> values, List<Statement> body, int line) implements Statement {}

    record Macro(String name, Signature signature, List<Statement> body, int line) implements Statement {}

    /** {@code {% call(parameters) f(...) %}body{% endcall %}}: the body is f's {@code caller}. */
    record CallBlock(Expression.Call call, Signature signature, List<Statement> body, int line) implements Statement {}

    record FilterBlock(Expression filters, List<Statement> body, int line) implements Statement {}

    /** A block that only groups, such as {@code generation}; names set inside stay inside. */
    record Group(List<Statement> body, int line) implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}

    /** Parameters in order, their default values (null for none), and which of the special names the body reads. */
    record Signature(
            List<String> names,
            List<@Nullable Expression> defaults,
            boolean usesCaller,
            boolean usesVarargs,
            boolean usesKwargs) {}

    /** Where a value is put. */
    sealed interface Target {
        record Name(String name) implements Target {}

        record Tuple(List<Target> targets) implements Target {}

        /** {@code namespace.attribute}. */
        record Attribute(String namespace, String attribute) implements Target {}
    }
}
