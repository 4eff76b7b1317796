package dev.tramontane.structure;

/**
 * A structure whose next step would cost more than its {@link StructureLimits} allow: an ambiguity that grows without end. Whoever decodes
 * ends that one sequence; the structure stays usable.
 */
public final class WorkExceededException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WorkExceededException(String what, long limit) {
        super("the structure of the answer is too ambiguous: more than " + limit + " " + what, null, false, false);
    }
}
