package dev.tramontane.engine;

/** The pages and slots that the choices of one request may come to hold. Engine thread only. */
final class Reservation {
    final Tenant tenant;

    /** Prompt tokens and final length, in tokens. */
    final int prompt;

    final int length;

    /** Choices that have not ended. */
    int choices;

    Reservation(Tenant tenant, int prompt, int length, int choices) {
        this.tenant = tenant;
        this.prompt = prompt;
        this.length = length;
        this.choices = choices;
    }
}
