package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.ListValue;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Types;
import dev.tramontane.jinja.value.Undefined;
import dev.tramontane.jinja.value.Value;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code loop} inside a for block. */
final class Loop implements HostObject {
    private final List<Value> items;
    private final int depth;
    /** Renders the body for other items, where the loop is recursive. */
    private final @Nullable UnaryOperator<Value> again;

    private final Rendering rendering;
    private int index = -1;
    private @Nullable Value lastChecked;

    Loop(List<Value> items, int depth, @Nullable UnaryOperator<Value> again, Rendering rendering) {
        this.items = items;
        this.depth = depth;
        this.again = again;
        this.rendering = rendering;
    }

    boolean advance() {
        return ++index < items.size();
    }

    Value item() {
        return items.get(index);
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }

    @Override
    public @Nullable Value attribute(String name) {
        return switch (name) {
            case "index" -> new Value.Int(index + 1L);
            case "index0" -> new Value.Int(index);
            case "revindex" -> new Value.Int(items.size() - index);
            case "revindex0" -> new Value.Int(items.size() - index - 1L);
            case "first" -> Value.Bool.of(index == 0);
            case "last" -> Value.Bool.of(index == items.size() - 1);
            case "length" -> new Value.Int(items.size());
            case "depth" -> new Value.Int(depth + 1L);
            case "depth0" -> new Value.Int(depth);
            case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index + 1 < items.size() ? items.get(index + 1) : new Undefined("there is no next item");
            case "cycle" -> new Function("cycle", this::cycle);
            case "changed" -> new Function("changed", this::changed);
            default -> null;
        };
    }

    private Value cycle(Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new TemplateException("loop.cycle() needs items");
        }
        return arguments.positional().get(index % arguments.positional().size());
    }

    private Value changed(Arguments arguments) {
        Value now = ListValue.tuple(arguments.positional());
        boolean same = lastChecked != null && Types.equal(lastChecked, now, rendering.budget());
        lastChecked = now;
        return Value.Bool.of(!same);
    }

    @Override
    public boolean isCallable() {
        return again != null;
    }

    @Override
    public Value call(Arguments arguments) {
        if (again == null) {
            throw new TemplateException("the loop is called but is not marked recursive");
        }
        return again.apply(arguments.bind("loop", "iterable").get(0));
    }
}
