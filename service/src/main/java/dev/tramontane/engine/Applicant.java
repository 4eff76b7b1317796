package dev.tramontane.engine;

/** Whatever asks for a place: what admission decides by, and nothing else. */
interface Applicant {
    Tenant tenant();

    /** As in {@link Urgency}. */
    int priority();

    /** Tokens of its prompt. */
    int promptTokens();

    /** Tokens of prompt and answer at most. */
    int length();

    /** Slots that it takes: one for each of its choices that lives. */
    int places();

    /** Whether it has ended as soon as it is admitted, and leaves its place to the next. */
    boolean endsAtOnce();
}
