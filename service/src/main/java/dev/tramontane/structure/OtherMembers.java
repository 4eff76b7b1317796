package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Members that no schema names, told apart by which patterns of names they match: of each kind the names, and all that is said of the values. Names that
 * may not be are in none.
 */
final class OtherMembers {
    /** Kinds of names: n patterns could tell 2^n apart. */
    private static final int MOST_KINDS = 64;

    private final SchemaReader reader;
    private final Fits fits;
    private final Effort effort;

    /** Names, and what holds of the members that have them. */
    record Kind(Automaton names, List<Shape.Part> said) {
        private Kind with(Shape.Part part) {
            List<Shape.Part> all = new ArrayList<>(said);
            all.add(part);
            return new Kind(names, all);
        }
    }

    OtherMembers(SchemaReader reader, Fits fits, Effort effort) {
        this.reader = reader;
        this.fits = fits;
        this.effort = effort;
    }

    /** Whether all of them are alike, and any name will do. */
    static boolean areAlike(Shape shape) {
        return shape.everyName.isEmpty()
                && shape.members.stream().allMatch(each -> each.patterns().isEmpty());
    }

    List<Kind> kinds(Shape shape, Set<String> named) {
        Automaton all = TextSets.others(named, effort);
        if (!shape.everyName.isEmpty()) {
            all = TextSets.both(all, names(shape), effort);
        }
        List<Kind> kinds = List.of(new Kind(all, List.of()));
        for (Shape.Members members : shape.members) {
            List<Kind> next = new ArrayList<>();
            for (Kind kind : kinds) {
                next.addAll(kinds(kind, members));
            }
            next.removeIf(kind -> TextSets.isEmpty(kind.names));
            if (next.size() > MOST_KINDS) {
                throw new StructureException(
                        "", "its patterns of names tell more than " + MOST_KINDS + " kinds of names apart");
            }
            kinds = next;
        }
        return kinds;
    }

    /** Those of one kind that some patterns tell apart further. */
    private List<Kind> kinds(Kind kind, Shape.Members members) {
        List<Kind> matching = new ArrayList<>();
        Kind rest = kind;
        for (NamePattern pattern : members.patterns()) {
            Automaton others = TextSets.complement(pattern.names(), effort);
            List<Kind> next = new ArrayList<>();
            for (Kind each : matching) {
                next.add(new Kind(TextSets.both(each.names, pattern.names(), effort), each.said).with(pattern.part()));
                next.add(new Kind(TextSets.both(each.names, others, effort), each.said));
            }
            next.add(new Kind(TextSets.both(rest.names, pattern.names(), effort), rest.said).with(pattern.part()));
            rest = new Kind(TextSets.both(rest.names, others, effort), rest.said);
            next.removeIf(each -> TextSets.isEmpty(each.names));
            if (next.size() > MOST_KINDS) {
                throw new StructureException(
                        pattern.part().pointer(),
                        "these patterns of names tell more than " + MOST_KINDS + " kinds of names apart");
            }
            matching = next;
        }
        matching.add(members.rest() == null ? rest : rest.with(members.rest()));
        return matching;
    }

    /** All names of which that holds which is said of every name. */
    private Automaton names(Shape shape) {
        List<Automaton> ways = new ArrayList<>();
        for (Shape each : reader.shapes(shape.everyName)) {
            if (each.types.contains("string")) {
                ways.add(texts(each));
            }
        }
        return TextSets.any(ways);
    }

    /** The strings of a shape. */
    private Automaton texts(Shape shape) {
        if (shape.values != null) {
            return TextSets.words(shape.values.stream()
                    .filter(value -> value instanceof String && fits.fitsRest(value, shape))
                    .map(String.class::cast)
                    .toList());
        }
        StructureException more = shape.inexpressible.get("string");
        if (more != null) {
            throw more;
        }
        return fits.texts(shape);
    }
}
