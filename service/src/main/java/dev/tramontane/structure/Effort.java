package dev.tramontane.structure;

/**
 * What compiling one form may cost: counted in nodes, and in what takes about as long as one (states and transitions of automata, a sixteenth of a
 * schema that is read), never timed. One thread.
 */
final class Effort {
    /** Of a form, in times its nodes: they are what is left when the work is done. */
    private static final int NODES = 8;

    /** Whatever a form says: its network, its machine, and room for one mask take that much. */
    static final int FORM = 2048;

    /** Of a schema that is read in one place. */
    static final int SCHEMA = 16;

    private final StructureLimits limits;
    private long spent = FORM;

    Effort(StructureLimits limits) {
        this.limits = limits;
    }

    /** What one form may cost, and all forms of a request together. */
    static long most(StructureLimits limits) {
        return (long) NODES * limits.nodes();
    }

    StructureLimits limits() {
        return limits;
    }

    /** @throws StructureException where that is more than there was left */
    void spend(long units) {
        spent += units;
        if (spent > most(limits)) {
            throw new StructureException("", "it takes too much work to compile");
        }
    }

    long spent() {
        return spent;
    }
}
