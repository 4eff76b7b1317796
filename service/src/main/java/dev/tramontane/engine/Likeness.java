package dev.tramontane.engine;

/** An applicant that stands for another, or for somebody who has not come yet. Immutable; no two are equal, however alike. */
final class Likeness implements Applicant {
    private final Tenant tenant;
    private final int priority;
    private final int promptTokens;
    private final int length;
    private final int places;
    private final boolean endsAtOnce;

    /** Of one that stays. */
    Likeness(Tenant tenant, int priority, int promptTokens, int length, int places) {
        this(tenant, priority, promptTokens, length, places, false);
    }

    private Likeness(Tenant tenant, int priority, int promptTokens, int length, int places, boolean endsAtOnce) {
        this.endsAtOnce = endsAtOnce;
        this.tenant = tenant;
        this.priority = priority;
        this.promptTokens = promptTokens;
        this.length = length;
        this.places = places;
    }

    static Likeness of(Applicant applicant) {
        return new Likeness(
                applicant.tenant(),
                applicant.priority(),
                applicant.promptTokens(),
                applicant.length(),
                applicant.places(),
                applicant.endsAtOnce());
    }

    @Override
    public Tenant tenant() {
        return tenant;
    }

    @Override
    public int priority() {
        return priority;
    }

    @Override
    public int promptTokens() {
        return promptTokens;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int places() {
        return places;
    }

    @Override
    public boolean endsAtOnce() {
        return endsAtOnce;
    }
}
