package dev.tramontane.structure;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the part of a form because of which it allows no text at all, so that whoever asked for it is told which. Parts are compiled for that which the whole
 * may never have been: together they may take what one form may, and where they take more, nobody is told.
 */
final class EmptyParts {
    private EmptyParts() {}

    /**
     * The same refusal, with the name of the first named part that allows no text by itself.
     *
     * @param spellable bytes that are tokens by themselves
     */
    static StructureException named(StructureException refused, Form form, ByteSet spellable, StructureLimits limits) {
        Form.Labelled part;
        try {
            part = first(form, spellable, new Effort(limits));
        } catch (StructureException tooMuch) {
            return refused;
        }
        return part == null ? refused : new StructureException("", part.label() + ": " + refused.getMessage());
    }

    private static Form.@Nullable Labelled first(Form form, ByteSet spellable, Effort effort) {
        if (form instanceof Form.Labelled labelled) {
            return isEmpty(labelled.body(), spellable, effort) ? labelled : null;
        }
        List<Form> parts = switch (form) {
            case Form.Sequence sequence -> sequence.parts();
            case Form.Any any -> any.ways();
            case Form.Repeat repeat -> List.of(repeat.body());
            default -> List.of();
        };
        for (Form part : parts) {
            Form.Labelled found = first(part, spellable, effort);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private static boolean isEmpty(Form form, ByteSet spellable, Effort effort) {
        effort.spend(Effort.FORM);
        try {
            Network network = NetworkBuilder.build(
                    FormExpressions.of(form, effort), spellable, effort.limits().nodes());
            effort.spend(network.kinds().length);
            return false;
        } catch (StructureException why) {
            if (StructureException.NO_TEXT.equals(why.getMessage())) {
                return true;
            }
            throw why;
        }
    }
}
