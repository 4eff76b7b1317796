package dev.tramontane.structure;

import java.util.HashSet;
import java.util.Set;

/**
 * Compiles the forms of one request, which together may have and take what one may: many that stay below the limits cost no more than one that is at
 * them. What was compiled before counts as if it weren't, so that the same request is always answered alike. One thread.
 */
public final class Together {
    private final Structures structures;
    private final StructureLimits limits;
    private final Set<Structure> all = new HashSet<>();
    private long characters;
    private long nodes;
    private long effort;

    Together(Structures structures, StructureLimits limits) {
        this.structures = structures;
        this.limits = limits;
    }

    /**
     * What a form means.
     *
     * @throws StructureException where it is wrong, asks for what is not supported, or is too large by itself or together with those before it
     */
    public Structure structure(Form form) {
        Structure made = structures.structure(form);
        if (all.add(made)) {
            characters += made.characters();
            nodes += made.nodes();
            effort += made.effort();
            limit(form, characters, limits.sourceCharacters(), "characters");
            limit(form, nodes, limits.nodes(), "nodes");
            limit(form, effort, Effort.most(limits), "units of work to compile");
        }
        return made;
    }

    private static void limit(Form form, long count, long most, String what) {
        if (count > most) {
            String whose = form instanceof Form.Labelled labelled ? labelled.label() + ": " : "";
            throw new StructureException(
                    "", whose + "together with what stands before it, it takes more than " + most + " " + what);
        }
    }
}
