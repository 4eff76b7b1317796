package dev.tramontane.jinja;

import dev.tramontane.jinja.value.DictValue;
import dev.tramontane.jinja.value.HostObject;
import dev.tramontane.jinja.value.TemplateException;
import dev.tramontane.jinja.value.Text;
import dev.tramontane.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** {@code namespace(...)}: the one object whose attributes a template can set. */
final class Namespace implements HostObject {
    private final DictValue attributes = new DictValue();

    Namespace(DictValue attributes) {
        for (DictValue.Entry entry : attributes.entries()) {
            set(entry.key().toString(), entry.value());
        }
    }

    void set(String name, Value value) {
        if (name.startsWith("_")) {
            throw new TemplateException("a namespace cannot hold '" + name + "': names may not begin with _");
        }
        attributes.put(Text.trusted(name), value);
    }

    @Override
    public @Nullable Value attribute(String name) {
        return attributes.get(name);
    }

    @Override
    public String typeName() {
        return "namespace";
    }
}
