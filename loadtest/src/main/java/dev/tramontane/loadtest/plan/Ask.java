package dev.tramontane.loadtest.plan;

/**
 * One request that is to be sent.
 *
 * @param number counted from 0 in a run
 * @param prompt what it asks
 * @param answer tokens of the answer at most
 * @param tenant whose it is
 * @param behaviour of its reader
 * @param leaveAfter events with text after which a reader that leaves does so
 */
public record Ask(long number, Prompt prompt, int answer, Tenant tenant, Behaviour behaviour, int leaveAfter) {
    /** The same asked by somebody who reads all of it as it comes. */
    public Ask steady() {
        return new Ask(number, prompt, answer, tenant, Behaviour.STEADY, Integer.MAX_VALUE);
    }
}
