package dev.tramontane.loadtest.plan;

/** What a request asks. Made when it is sent, so that a plan of many long ones takes no memory. */
@FunctionalInterface
public interface Prompt {
    /** The same at each call. */
    String text();
}
