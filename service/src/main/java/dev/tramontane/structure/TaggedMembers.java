package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An object's members in tags. What their schemas refer to is found in the schema of the object. */
final class TaggedMembers {
    private TaggedMembers() {}

    /** @throws StructureException where the schema is wrong or says what is not supported */
    static Expression of(Form.Tagged form, Effort effort) {
        Map<String, ? extends @Nullable Object> schema = form.schema();
        if (form.strict()) {
            StrictSubset.check(schema);
        }
        Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> given ? given : Map.of();
        Set<Object> required = schema.get("required") instanceof List<?> given ? new HashSet<>(given) : Set.of();
        RawTexts texts = new RawTexts(schema, form.marks(), effort);
        List<Shape.Part> json = new ArrayList<>();
        properties.keySet().stream()
                .map(String::valueOf)
                .filter(name -> !form.texts().contains(name))
                .forEach(name -> json.add(JsonPointer.child("/properties", properties, name)));
        Iterator<Expression> values = SchemaCompiler.compile(schema, json, JsonLayout.of(false), effort)
                .iterator();
        List<Expression> members = new ArrayList<>();
        for (Object key : properties.keySet()) {
            String name = String.valueOf(key);
            Expression value = form.texts().contains(name)
                    ? texts.of(JsonPointer.child("/properties", properties, name))
                    : values.next();
            Expression member = Expression.sequence(
                    Expression.text(form.open() + name + form.opened()), value, Expression.text(form.close()));
            members.add(required.contains(name) ? member : Expression.optional(member));
        }
        return new Expression.Sequence(members);
    }
}
