package dev.tramontane.hub;

import dev.tramontane.hub.Transport.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * How often something is asked for, and how long is waited in between.
 *
 * @param uri that is asked
 * @param what it is called in messages
 * @param advice where the server wants to know who asks
 * @param pause waits
 */
record Tries(URI uri, String what, Supplier<String> advice, HubConfig.Pause pause) {
    /** That bring nothing, one after another, until it is given up. */
    static final int MOST = 6;

    /** A question to a server. */
    @FunctionalInterface
    interface Request {
        Answer send() throws IOException, InterruptedException;
    }

    /** Asks until there is an answer that has what was asked for. */
    Answer again(Request request) throws InterruptedException {
        return again(request, status -> status == 200 || status == 206);
    }

    /** @param wanted statuses of answers that are given back */
    Answer again(Request request, IntPredicate wanted) throws InterruptedException {
        for (int tries = 1; ; tries++) {
            Duration wait;
            try {
                Answer answer = request.send();
                if (wanted.test(answer.status())) {
                    return answer;
                }
                wait = passing(answer, tries);
            } catch (RangeSink.TooLongException more) {
                throw new HubException(
                        HubException.Kind.WRONG, Endpoint.host(uri) + " says more of " + what + " than is read", more);
            } catch (IOException failure) {
                wait = passing(failure, tries);
            }
            pause.pause(wait);
        }
    }

    /** How long to wait for another try; throws when there should be none. */
    Duration passing(Answer answer, int tries) {
        Duration wait = Refusals.retryAfter(answer.headers()).orElse(before(tries));
        if (!Refusals.isPassing(answer.status()) || tries >= MOST || wait.compareTo(Refusals.LONGEST) > 0) {
            throw Refusals.of(answer.status(), answer.uri(), what, advice.get());
        }
        return wait;
    }

    Duration passing(IOException failure, int tries) {
        if (tries >= MOST) {
            throw Refusals.of(failure, uri);
        }
        return before(tries);
    }

    /** It gets longer. */
    static Duration before(int tries) {
        return Duration.ofMillis(250L << Math.min(tries, 5));
    }
}
