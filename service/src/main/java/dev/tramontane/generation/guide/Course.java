package dev.tramontane.generation.guide;

import dev.tramontane.engine.Guide;
import dev.tramontane.structure.Structure;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an answer is held to, part by part, compiled for a vocabulary. Immutable; each choice has a guide of its own.
 *
 * @param texts what the forms of its parts mean
 * @param ends ids that end an answer
 */
public record Course(Part start, Map<Part, Structure> texts, Tokens tokens, int[] ends) {

    /** At its beginning. */
    public Guide guide() {
        return new CourseGuide(this);
    }

    /** At the beginning of a part's text; null where that has no form. */
    @Nullable
    Guide text(Part part) {
        Structure structure = texts.get(part);
        return structure == null ? null : new StructureGuide(structure.matcher());
    }
}
