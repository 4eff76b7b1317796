package dev.tramontane.loadtest.plan;

import java.util.List;

/**
 * One request that is to be sent.
 *
 * @param number counted from 0 in a run
 * @param prompt what it asks
 * @param answer tokens of the answer at most
 * @param tenant whose it is
 * @param behaviour of its reader
 * @param leaves events with text after which a reader that leaves does so, ascending
 */
public record Ask(long number, Prompt prompt, int answer, Tenant tenant, Behaviour behaviour, List<Integer> leaves) {
    public Ask {
        leaves = List.copyOf(leaves);
    }

    /** The same asked by somebody who reads all of it as it comes. */
    public Ask steady() {
        return new Ask(number, prompt, answer, tenant, Behaviour.STEADY, List.of());
    }
}
