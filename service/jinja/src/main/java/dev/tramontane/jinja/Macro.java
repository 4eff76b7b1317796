package dev.tramontane.jinja;

import dev.tramontane.jinja.syntax.Expression;
import dev.tramontane.jinja.syntax.Statement;
import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A macro, or the body of a call block: renders its body with its parameters set. */
final class Macro implements HostObject {
    private static final String CALLER = "caller";

    private final String name;
    private final Statement.Signature signature;
    private final List<Statement> body;
    private final Scope definedIn;
    private final Evaluator evaluator;

    Macro(String name, Statement.Signature signature, List<Statement> body, Scope definedIn, Evaluator evaluator) {
        this.name = name;
        this.signature = signature;
        this.body = body;
        this.definedIn = definedIn;
        this.evaluator = evaluator;
    }

    @Override
    public String typeName() {
        return "Macro";
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public @Nullable Value attribute(String attribute) {
        return switch (attribute) {
            case "name" -> Text.trusted(name);
            case "arguments" ->
                ListValue.tuple(signature.names().stream()
                        .map(p -> (Value) Text.trusted(p))
                        .toList());
            case "catch_kwargs" -> Value.Bool.of(signature.usesKwargs());
            case "catch_varargs" -> Value.Bool.of(signature.usesVarargs());
            case CALLER -> Value.Bool.of(signature.usesCaller());
            default -> null;
        };
    }

    @Override
    public Value call(Arguments arguments) {
        Scope scope = new Scope(definedIn);
        Map<String, Value> named = new LinkedHashMap<>(arguments.named());
        List<String> names = signature.names();
        List<Value> positional = arguments.positional();
        if (signature.usesCaller() && !names.contains(CALLER)) {
            Value caller = named.remove(CALLER);
            scope.set(CALLER, caller == null ? new Undefined("No caller defined") : caller);
        }
        for (int i = 0; i < names.size(); i++) {
            Value value = i < positional.size() ? positional.get(i) : named.remove(names.get(i));
            if (value == null) {
                Expression otherwise = signature.defaults().get(i);
                value = otherwise == null
                        ? new Undefined("parameter '" + names.get(i) + "' was not provided")
                        : evaluator.value(otherwise, scope);
            }
            scope.set(names.get(i), value);
        }
        takeMore(scope, positional, named);
        return evaluator.text(body, scope);
    }

    private void takeMore(Scope scope, List<Value> positional, Map<String, Value> named) {
        int count = signature.names().size();
        if (signature.usesVarargs()) {
            List<Value> rest = positional.size() > count ? positional.subList(count, positional.size()) : List.of();
            scope.set("varargs", ListValue.tuple(new ArrayList<>(rest)));
        } else if (positional.size() > count) {
            throw new TemplateException("macro '" + name + "' takes at most as many arguments as it names: " + count);
        }
        if (signature.usesKwargs()) {
            DictValue rest = new DictValue();
            named.forEach((key, value) -> rest.put(Text.trusted(key), value));
            scope.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw new TemplateException("macro '" + name + "' has no parameter '"
                    + named.keySet().iterator().next() + "'");
        }
    }
}
