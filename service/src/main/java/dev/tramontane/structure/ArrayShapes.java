package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes expressions of the arrays of a {@link Shape}. */
final class ArrayShapes {
    /** Values of which none may come twice: which were there already is part of the place in a text, so the number of places doubles with each. */
    static final int MOST_DISTINCT = 10;

    /** Elements that are counted by what they are. */
    static final int MOST_CONTAINED = 64;

    /** Elements that are counted where some of them are asked for. */
    private static final int MOST_COUNTED = 1024;

    private static final String TOO_MANY = "uniqueItems is supported where items are one of at most " + MOST_DISTINCT
            + " listed values (enum, const, boolean or null), or where maxItems is 1";

    private final Function<List<Shape.Part>, Expression> value;
    private final SchemaReader reader;
    private final Fits fits;
    private final JsonLayout layout;
    private final Effort effort;

    /** @param value makes the expression of an element */
    ArrayShapes(
            Function<List<Shape.Part>, Expression> value,
            SchemaReader reader,
            Fits fits,
            JsonLayout layout,
            Effort effort) {
        this.value = value;
        this.reader = reader;
        this.fits = fits;
        this.layout = layout;
        this.effort = effort;
    }

    @SuppressWarnings("ReferenceEquality") // there is one expression of any value
    Expression of(Shape shape) {
        if (shape.unique != null && shape.mostElements > 1) {
            return distinct(shape, shape.unique);
        }
        if (!shape.contained.isEmpty()) {
            return containing(shape);
        }
        effort.spend((long) shape.toldApart() * shape.elements.size() / Contradictions.MEMBERS);
        List<Expression> first = new ArrayList<>();
        for (int at = 0; at < shape.toldApart(); at++) {
            first.add(value.apply(shape.element(at)));
        }
        Expression rest = value.apply(shape.element(shape.toldApart()));
        if (first.isEmpty()
                && rest == layout.value()
                && shape.leastElements == 0
                && shape.mostElements == Expression.UNBOUNDED) {
            return layout.array();
        }
        return layout.array(first, rest, shape.leastElements, shape.mostElements);
    }

    private Expression distinct(Shape shape, String place) {
        if (shape.toldApart() > 0 || !shape.contained.isEmpty()) {
            throw new StructureException(place, "uniqueItems beside prefixItems or contains is not supported");
        }
        List<@Nullable Object> values = values(shape.element(0), place);
        if (values.size() > MOST_DISTINCT) {
            throw new StructureException(place, TOO_MANY);
        }
        effort.spend((8L * values.size()) << values.size()); // About as many nodes as it takes.
        List<Expression> elements = new ArrayList<>();
        for (Object each : values) {
            elements.add(JsonValues.oneOf(Collections.singletonList(each), layout, effort));
        }
        return layout.distinct(elements, shape.leastElements, shape.mostElements);
    }

    /** All values of which some schemas hold, where these list them. */
    private List<@Nullable Object> values(List<Shape.Part> parts, String place) {
        Map<@Nullable Object, @Nullable Object> all = new LinkedHashMap<>();
        for (Shape each : reader.shapes(parts)) {
            List<@Nullable Object> listed = each.values;
            if (listed == null) {
                listed = new ArrayList<>();
                for (String type : each.types) {
                    switch (type) {
                        case "null" -> listed.add(null);
                        case "boolean" -> Collections.addAll(listed, true, false);
                        default -> throw new StructureException(place, TOO_MANY);
                    }
                }
            }
            for (Object value : listed) {
                if (fits.fitsRest(value, each)) {
                    all.putIfAbsent(JsonValues.comparable(value), value);
                }
            }
        }
        return new ArrayList<>(all.values());
    }

    /** Elements of which so many are of a kind; the others stand anywhere between them. */
    private Expression containing(Shape shape) {
        Shape.Contained contained = shape.contained.getFirst();
        String place = contained.part().pointer();
        if (shape.contained.size() > 1 || shape.toldApart() > 0) {
            throw new StructureException(
                    place, "contains is supported once for an array, and not beside prefixItems or another contains");
        }
        boolean bounded = contained.most() < Expression.UNBOUNDED;
        int most = bounded ? contained.most() : contained.least();
        if (most > MOST_CONTAINED) {
            throw new StructureException(
                    place, "contains is supported with minContains and maxContains up to " + MOST_CONTAINED);
        }
        int counted = shape.mostElements == Expression.UNBOUNDED ? shape.leastElements : shape.mostElements;
        if (counted > MOST_COUNTED) {
            throw new StructureException(
                    place, "contains is supported with minItems and maxItems up to " + MOST_COUNTED);
        }
        effort.spend((long) (counted + 1) * (2L * most + 1));
        List<Shape.Part> element = shape.element(0);
        Expression wanted = value.apply(with(element, contained.part()));
        Expression other = value.apply(bounded ? with(element, contained.part().negated()) : element);
        Expression.Rung others = new Expression.Rung(other, true, true);
        List<Expression.Rung> rungs = new ArrayList<>(List.of(others));
        for (int at = 0; at < most; at++) {
            rungs.add(new Expression.Rung(wanted, at >= contained.least(), false));
            rungs.add(others);
        }
        return layout.array(rungs, shape.leastElements, shape.mostElements);
    }

    private static List<Shape.Part> with(List<Shape.Part> parts, Shape.Part part) {
        List<Shape.Part> all = new ArrayList<>(parts);
        all.add(part);
        return all;
    }
}
