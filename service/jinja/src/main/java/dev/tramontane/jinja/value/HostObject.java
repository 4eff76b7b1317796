package dev.tramontane.jinja.value;

import org.jspecify.annotations.Nullable;

/** An object that the interpreter provides: functions, macros, namespaces, {@code loop}. */
public non-sealed interface HostObject extends Value {

    /** Its type's name in messages. */
    String typeName();

    /** The attribute, or null where there is none. */
    default @Nullable Value attribute(String name) {
        return null;
    }

    default boolean isCallable() {
        return false;
    }

    /** Calls it. */
    default Value call(Arguments arguments) {
        throw new TemplateException(Types.shown(this) + " cannot be called");
    }
}
