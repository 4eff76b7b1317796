package dev.tramontane.jinja.value;

/**
 * What a missing name, key or attribute gives: prints as nothing, is false, has no elements, and is an error in any
 * other use (jinja2's default {@code Undefined}).
 *
 * @param message what to say then
 */
public record Undefined(String message) implements Value {

    public static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    public static Undefined attribute(Value of, String name) {
        return new Undefined(Types.shown(of) + " has no attribute '" + name + "'");
    }

    public static Undefined element(Value of, String key) {
        return new Undefined(Types.shown(of) + " has no element " + key);
    }

    public TemplateException used() {
        return new TemplateException(message);
    }
}
