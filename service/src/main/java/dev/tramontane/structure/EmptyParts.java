package dev.tramontane.structure;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the part of a form because of which it allows no text at all, so that whoever asked for it is told which. */
final class EmptyParts {
    private EmptyParts() {}

    /**
     * The same refusal, with the name of the first named part that allows no text by itself.
     *
     * @param spellable bytes that are tokens by themselves
     */
    static StructureException named(StructureException refused, Form form, ByteSet spellable, StructureLimits limits) {
        Form.Labelled part = first(form, spellable, limits);
        return part == null ? refused : new StructureException("", part.label() + ": " + refused.getMessage());
    }

    private static Form.@Nullable Labelled first(Form form, ByteSet spellable, StructureLimits limits) {
        if (form instanceof Form.Labelled labelled) {
            return isEmpty(labelled.body(), spellable, limits) ? labelled : null;
        }
        List<Form> parts = switch (form) {
            case Form.Sequence sequence -> sequence.parts();
            case Form.Any any -> any.ways();
            case Form.Repeat repeat -> List.of(repeat.body());
            default -> List.of();
        };
        for (Form part : parts) {
            Form.Labelled found = first(part, spellable, limits);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static boolean isEmpty(Form form, ByteSet spellable, StructureLimits limits) {
        try {
            NetworkBuilder.build(FormExpressions.of(form, new Effort(limits)), spellable, limits.nodes());
            return false;
        } catch (StructureException why) {
            return StructureException.NO_TEXT.equals(why.getMessage());
        }
    }
}
