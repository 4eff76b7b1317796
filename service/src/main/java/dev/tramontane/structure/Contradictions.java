package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds alternatives of which no object is left because a required member would have to be two things at once, as where many conditions ask for the value
 * of one tag. Looks only at what schemas say themselves, not at what they refer to, so that it ends: what it doesn't see is left to the network.
 */
final class Contradictions {
    private static final Set<String> LISTING = Set.of("type", "const", "enum");

    /** Words on members that are asked about one name in about the time of a node. */
    static final int MEMBERS = 4;

    private final SchemaReader reader;
    private final ShapeKeywords keywords;
    private final Effort effort;

    Contradictions(SchemaReader reader, ShapeKeywords keywords, Effort effort) {
        this.reader = reader;
        this.keywords = keywords;
        this.effort = effort;
    }

    /** Takes out objects where there can be none; whether nothing is left then. */
    boolean within(Shape shape) {
        if (shape.types.contains("object") && shape.required.stream().anyMatch(name -> isImpossible(shape, name))) {
            shape.types.remove("object");
        }
        return !shape.mayHaveValues();
    }

    private boolean isImpossible(Shape shape, String name) {
        effort.spend(1L + shape.members.size() / MEMBERS);
        List<Shape.Part> parts = shape.member(name);
        effort.spend(parts.size());
        if (parts.size() < 2) {
            return parts.stream().anyMatch(Shape.Part::isNothing);
        }
        Shape together = new Shape();
        Set<@Nullable Object> not = new HashSet<>();
        for (Shape.Part said : parts) {
            Shape.Part part = reader.target(said);
            if (part.isNothing()) {
                return true;
            }
            if (!(part.schema() instanceof Map<?, ?> schema)) {
                continue;
            }
            effort.spend(SchemaKeywords.size(schema));
            if (part.opposite()) {
                listed(part.pointer(), schema).forEach(value -> not.add(JsonValues.comparable(value)));
            } else if (!keywords.apply(part.pointer(), schema, together)) {
                return true;
            }
        }
        return together.values != null
                && together.values.stream()
                        .allMatch(value -> not.contains(JsonValues.comparable(value))
                                || !together.types.contains(JsonValues.type(value)));
    }

    /** The values that a schema allows which says nothing but which they are, and of which type. */
    private List<@Nullable Object> listed(String pointer, Map<?, ?> schema) {
        Shape said = new Shape();
        if (!schema.keySet().stream().allMatch(Contradictions::lists)
                || !keywords.apply(pointer, schema, said)
                || said.values == null) {
            return List.of();
        }
        List<@Nullable Object> values = new ArrayList<>(said.values);
        values.removeIf(value -> !said.types.contains(JsonValues.type(value))
                || (said.integer
                        && value instanceof Number number
                        && JsonValues.decimal(number).scale() > 0));
        return values;
    }

    private static boolean lists(Object key) {
        String keyword = String.valueOf(key);
        return LISTING.contains(keyword) || SchemaKeywords.isRemark(keyword);
    }
}
