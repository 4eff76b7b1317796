package dev.tramontane.structure;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether a value that a schema lists satisfies what else the schema says. */
final class Fits {
    private final SchemaReader reader;
    private final StructureLimits limits;

    Fits(SchemaReader reader, StructureLimits limits) {
        this.reader = reader;
        this.limits = limits;
    }

    boolean fits(@Nullable Object value, List<Shape.Part> parts) {
        return reader.shapes(parts).stream().anyMatch(shape -> fits(value, shape));
    }

    boolean fits(@Nullable Object value, Shape shape) {
        if (!shape.types.contains(JsonValues.type(value))) {
            return false;
        }
        if (shape.values != null
                && shape.values.stream()
                        .map(JsonValues::comparable)
                        .noneMatch(each -> java.util.Objects.equals(each, JsonValues.comparable(value)))) {
            return false;
        }
        return switch (value) {
            case Number number -> {
                BigDecimal decimal = JsonValues.decimal(number);
                yield shape.bounds.contain(decimal) && (!shape.integer || decimal.scale() <= 0);
            }
            case String text -> {
                int length = text.codePointCount(0, text.length());
                yield length >= shape.leastCharacters
                        && length <= shape.mostCharacters
                        && shape.patterns.stream().allMatch(each -> TextSets.accepts(TextSets.of(each, limits), text));
            }
            case List<?> list -> {
                boolean fits = list.size() >= shape.leastElements && list.size() <= shape.mostElements;
                for (int at = 0; fits && at < list.size(); at++) {
                    fits = fits(list.get(at), shape.element(at));
                }
                yield fits;
            }
            case Map<?, ?> map ->
                map.size() >= shape.leastMembers
                        && map.size() <= shape.mostMembers
                        && map.keySet().containsAll(shape.required)
                        && map.entrySet().stream()
                                .allMatch(each -> fits(each.getValue(), shape.member((String) each.getKey())));
            case null, default -> true;
        };
    }
}
