package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/** Texts between marks, without quotes: what a schema says of them and that no mark stands in them is one automaton. */
final class RawTexts {
    /** What may be done to tell texts without marks, as Lucene counts it: beside that for each character of them. */
    private static final int MARKS = 10_000;

    private static final int WORK_OF_A_MARK = 64;

    private final SchemaReader reader;
    private final Effort effort;
    private final Fits fits;
    private final List<String> marks;
    private final Automaton unmarked;

    /** @param marks none of which stands in a text */
    RawTexts(Object root, List<String> marks, Effort effort) {
        this.effort = effort;
        this.reader = new SchemaReader(root, effort);
        this.fits = new Fits(reader, effort);
        this.marks = marks;
        this.unmarked = without(marks);
    }

    /** @throws StructureException where the schema is wrong, says what is not supported, or lists a text that has a mark in it */
    Expression of(Shape.Part part) {
        List<Expression> ways = new ArrayList<>();
        for (Shape shape : reader.shapes(List.of(part))) {
            StructureException more = shape.inexpressible.get("string");
            if (more != null && shape.values == null && shape.types.contains("string")) {
                throw more;
            }
            try {
                if (shape.values != null) {
                    ways.add(listed(shape, shape.values));
                } else if (shape.types.contains("string") && shape.leastCharacters <= shape.mostCharacters) {
                    ways.add(new Expression.Regular(all(shape), Spelling.RAW));
                }
            } catch (StructureException wrong) {
                throw new StructureException(part.pointer(), String.valueOf(wrong.getMessage()));
            }
        }
        return new Expression.Choice(ways);
    }

    private Expression listed(Shape shape, List<?> values) {
        List<byte[]> words = new ArrayList<>();
        for (Object value : values) {
            if (value instanceof String text && fits.fitsRest(text, shape)) {
                for (String mark : marks) {
                    if (text.contains(mark)) {
                        throw new StructureException(
                                "", "it lists the text " + Quoted.of(text) + ", and " + mark + " can't stand in one");
                    }
                }
                words.add(Spelling.RAW.bytes(text, "", ""));
            }
        }
        return new Expression.Words(words);
    }

    private Automaton all(Shape shape) {
        boolean any = shape.patterns.isEmpty()
                && shape.excluded.stream().noneMatch(String.class::isInstance)
                && shape.leastCharacters == 0
                && shape.mostCharacters == Expression.UNBOUNDED;
        return any ? unmarked : TextSets.both(unmarked, fits.texts(shape), effort);
    }

    /** All texts in which none of these stands. */
    static Automaton without(List<String> marks) {
        Automaton any = Automata.makeAnyString();
        List<Automaton> with = marks.stream()
                .map(mark -> Operations.concatenate(List.of(any, Automata.makeString(mark), any)))
                .toList();
        int states = marks.stream().mapToInt(String::length).sum() + 1;
        try {
            return Operations.removeDeadStates(
                    Operations.complement(Operations.union(with), MARKS + WORK_OF_A_MARK * states));
        } catch (TooComplexToDeterminizeException tooLarge) {
            throw new StructureException("", "marks of which it takes too many states to say what has none of them");
        }
    }
}
