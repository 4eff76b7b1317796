package dev.tramontane.jinja;

import dev.tramontane.jinja.syntax.Expression;
import dev.tramontane.jinja.syntax.Statement;
import dev.tramontane.jinja.syntax.Statement.Target;
import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.Printer;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.TextBuilder;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs statements. One rendering, one thread. */
final class Evaluator {

    /** How a statement ended. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Rendering rendering;
    private final ExpressionEvaluator expressions;

    Evaluator(Rendering rendering) {
        this.rendering = rendering;
        expressions = new ExpressionEvaluator(rendering);
    }

    /** What the statements write, with that scope as their own. */
    Text text(List<Statement> body, Scope scope) {
        TextBuilder out = new TextBuilder(rendering.budget());
        run(body, scope, out, 0);
        return out.toText();
    }

    Value value(Expression expression, Scope scope) {
        return expressions.value(expression, scope);
    }

    /** @param loops how many recursive loops are around */
    private Flow run(List<Statement> body, Scope scope, TextBuilder out, int loops) {
        for (Statement statement : body) {
            rendering.budget().spend(1);
            Flow flow;
            try {
                rendering.budget().enter();
                flow = run(statement, scope, out, loops);
                rendering.budget().leave();
            } catch (TemplateException e) {
                throw e.at(statement.line());
            }
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement, Scope scope, TextBuilder out, int loops) {
        switch (statement) {
            case Statement.Data data -> out.append(data.text(), true);
            case Statement.Output output -> Printer.print(value(output.value(), scope), out, rendering.budget());
            case Statement.If branches -> {
                return runIf(branches, scope, out, loops);
            }
            case Statement.For loop -> runFor(loop, value(loop.iterable(), scope), scope, out, loops);
            case Statement.Assign assign -> set(assign.target(), value(assign.value(), scope), scope);
            case Statement.AssignBlock assign -> {
                Value content = text(assign.body(), new Scope(scope));
                Expression filters = assign.filters();
                set(assign.target(), filters == null ? content : expressions.filtered(filters, content, scope), scope);
            }
            case Statement.With with -> {
                Scope inner = new Scope(scope);
                for (int i = 0; i < with.targets().size(); i++) {
                    set(with.targets().get(i), value(with.values().get(i), scope), inner);
                }
                return run(with.body(), inner, out, loops);
            }
            case Statement.Macro macro ->
                scope.set(macro.name(), new Macro(macro.name(), macro.signature(), macro.body(), scope, this));
            case Statement.CallBlock block -> runCall(block, scope, out);
            case Statement.FilterBlock block -> {
                Value content = text(block.body(), new Scope(scope));
                Printer.print(expressions.filtered(block.filters(), content, scope), out, rendering.budget());
            }
            case Statement.Group group -> {
                return run(group.body(), new Scope(scope), out, loops);
            }
            case Statement.Break _ -> {
                return Flow.BREAK;
            }
            case Statement.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private Flow runIf(Statement.If statement, Scope scope, TextBuilder out, int loops) {
        for (Statement.Branch branch : statement.branches()) {
            if (Types.truth(value(branch.condition(), scope))) {
                return run(branch.body(), scope, out, loops);
            }
        }
        return run(statement.otherwise(), scope, out, loops);
    }

    private void runFor(Statement.For statement, Value iterable, Scope scope, TextBuilder out, int depth) {
        List<Value> items = Types.elements(iterable, rendering.budget());
        Expression condition = statement.condition();
        if (condition != null) {
            items = filtered(items, statement.target(), condition, scope);
        }
        Loop loop = new Loop(
                items,
                depth,
                statement.recursive() ? more -> again(statement, more, scope, depth + 1) : null,
                rendering);
        while (loop.advance()) {
            Scope inner = new Scope(scope);
            inner.set("loop", loop);
            set(statement.target(), loop.item(), inner);
            if (run(statement.body(), inner, out, depth) == Flow.BREAK) {
                break;
            }
        }
        if (items.isEmpty()) {
            run(statement.otherwise(), new Scope(scope), out, depth);
        }
    }

    private Value again(Statement.For statement, Value iterable, Scope scope, int depth) {
        TextBuilder out = new TextBuilder(rendering.budget());
        rendering.budget().enter();
        runFor(statement, iterable, scope, out, depth);
        rendering.budget().leave();
        return out.toText();
    }

    private List<Value> filtered(List<Value> items, Target target, Expression condition, Scope scope) {
        List<Value> kept = new ArrayList<>();
        for (Value item : items) {
            Scope inner = new Scope(scope);
            set(target, item, inner);
            if (Types.truth(value(condition, inner))) {
                kept.add(item);
            }
        }
        return kept;
    }

    private void runCall(Statement.CallBlock block, Scope scope, TextBuilder out) {
        Value callee = value(block.call().callee(), scope);
        Arguments given = expressions.arguments(block.call().arguments(), scope);
        Map<String, Value> named = new LinkedHashMap<>(given.named());
        named.put("caller", new Macro("caller", block.signature(), block.body(), scope, this));
        Value result = expressions.call(callee, new Arguments(given.positional(), named));
        Printer.print(result, out, rendering.budget());
    }

    private void set(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Name name -> scope.set(name.name(), value);
            case Target.Attribute attribute -> {
                if (!(scope.find(attribute.namespace()) instanceof Namespace namespace)) {
                    throw new TemplateException("only attributes of a namespace can be assigned to");
                }
                namespace.set(attribute.attribute(), value);
            }
            case Target.Tuple tuple -> {
                List<Value> values = Types.elements(value, rendering.budget());
                int wanted = tuple.targets().size();
                if (values.size() != wanted) {
                    throw new TemplateException(
                            "as many values as names are needed: " + wanted + ", there are " + values.size());
                }
                for (int i = 0; i < wanted; i++) {
                    set(tuple.targets().get(i), values.get(i), scope);
                }
            }
        }
    }
}
