package dev.tramontane.structure;

/**
 * A pattern or a list of choices that is wrong, asks for what is not supported, or is larger than its limits. The message is one line,
 * fit for whoever sent it.
 */
public final class StructureException extends RuntimeException {
    /** Conditions that contradict each other, or an alphabet that cannot spell what they ask for. */
    static final String NO_TEXT = "no text at all is allowed";

    private static final long serialVersionUID = 1L;

    /**
     * @param place where it stands, as in "character 7" or "choice 2"; empty for the whole
     */
    public StructureException(String place, String reason) {
        super(place.isEmpty() ? reason : reason + " (at " + place + ")", null, false, false);
    }
}
