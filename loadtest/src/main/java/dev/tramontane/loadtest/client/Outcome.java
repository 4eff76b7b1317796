package dev.tramontane.loadtest.client;

import dev.tramontane.loadtest.plan.Ask;

/**
 * What came of one request. Times are nanoseconds of one monotonic clock.
 *
 * @param ask what was sent
 * @param end how it ended
 * @param why a reason for people, where it did not end well; else empty
 * @param intended when it was meant to start
 * @param started when it was sent
 * @param events when each piece of text came, in order
 * @param ended when its end came
 * @param promptTokens by the server's count, or -1
 * @param answerTokens by the server's count, or -1
 * @param text of the answer
 * @param earlier what a reader that came again had read before; else empty
 * @param continuation what became of its connections, and of its events by their numbers
 */
public record Outcome(
        Ask ask,
        End end,
        String why,
        long intended,
        long started,
        long[] events,
        long ended,
        int promptTokens,
        int answerTokens,
        String text,
        String earlier,
        Continuation continuation) {

    /** From the intended start to the first text, so that a start that was late counts; -1 without text. */
    public long firstToken() {
        return events.length == 0 ? -1 : events[0] - intended;
    }

    /** From the intended start to the end. */
    public long whole() {
        return ended - intended;
    }

    /** Tokens of the answer, or where the server does not tell, pieces of text. */
    public int tokens() {
        return answerTokens >= 0 ? answerTokens : events.length;
    }

    /** From the first text to the last, a token after the first; -1 where there is only one. */
    public long perToken() {
        return events.length == 0 || tokens() < 2 ? -1 : (events[events.length - 1] - events[0]) / (tokens() - 1);
    }

    /** The longest time between two pieces of text; 0 with fewer than two. */
    public long longestGap() {
        long longest = 0;
        for (int i = 1; i < events.length; i++) {
            longest = Math.max(longest, events[i] - events[i - 1]);
        }
        return longest;
    }
}
