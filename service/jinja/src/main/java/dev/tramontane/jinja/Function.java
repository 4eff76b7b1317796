package dev.tramontane.jinja;

import dev.tramontane.jinja.value.Arguments;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.Value;

/** A function or a method with its object. */
record Function(String name, Body body) implements HostObject {

    @FunctionalInterface
    interface Body {
        Value call(Arguments arguments);
    }

    @Override
    public String typeName() {
        return "function " + name;
    }

    @Override
    public boolean isCallable() {
        return true;
    }

    @Override
    public Value call(Arguments arguments) {
        return body.call(arguments);
    }
}
