package dev.tramontane.simulation;

/** A request on its way. Its server alone changes it. */
final class Request {
    final double arrived;
    final int prompt;
    final int answer;

    /** {@code max_tokens}: for these, not for the answer that comes, pages are reserved. */
    final int limit;

    /** Rows of the prompt still to compute. */
    double left;

    /** When the first token came. */
    double first;

    /** Where its server's count of tokens stands when the last one comes. */
    double until;

    Request(double arrived, int prompt, int answer, int limit) {
        this.arrived = arrived;
        this.prompt = prompt;
        this.answer = answer;
        this.limit = limit;
        this.left = prompt;
    }
}
