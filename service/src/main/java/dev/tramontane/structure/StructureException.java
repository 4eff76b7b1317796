package dev.tramontane.structure;

/**
 * A pattern or a list of choices that is wrong, asks for what is not supported, or is larger than its limits. The message is one line,
 * fit for whoever sent it.
 */
public final class StructureException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param place where it stands, as in "character 7" or "choice 2"; empty for the whole
     */
    public StructureException(String place, String reason) {
        super(place.isEmpty() ? reason : reason + " (at " + place + ")", null, false, false);
    }
}
