package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** What answers and failures of servers mean, in our words. */
final class Refusals {
    /** Whoever is told to wait for longer is better told to come again. */
    static final Duration LONGEST = Duration.ofMinutes(2);

    private Refusals() {}

    /** Whether the same request may do another time. */
    static boolean isPassing(int status) {
        return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
    }

    /** How long to wait by Retry-After in seconds; its dates are not worth another clock. */
    static Optional<Duration> retryAfter(HttpHeaders headers) {
        return headers.firstValue("Retry-After")
                .map(String::strip)
                .filter(text -> text.matches("\\d{1,9}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }

    /**
     * An answer that is none.
     *
     * @param advice what to do where the server wants to know who asks
     */
    static HubException of(int status, URI uri, String what, String advice) {
        String host = Endpoint.host(uri);
        return switch (status) {
            case 401, 403 ->
                new HubException(Kind.DENIED, host + " does not give " + what + " (status " + status + "): " + advice);
            case 404, 410 -> new HubException(Kind.ABSENT, host + " has no " + what);
            case 429 ->
                new HubException(
                        Kind.UNREACHABLE, host + " has had too many requests from here (status 429); try later");
            default ->
                new HubException(
                        isPassing(status) ? Kind.UNREACHABLE : Kind.WRONG,
                        host + " answers with status " + status + " where " + what + " was asked for");
        };
    }

    /** No answer, or half of one. */
    static HubException of(IOException failure, URI uri) {
        return new HubException(Kind.UNREACHABLE, Endpoint.host(uri) + " " + reason(failure), failure);
    }

    /** The JDK's client says so with a ConnectException that has this cause. */
    private static boolean isUnknown(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
                return true;
            }
        }
        return false;
    }

    private static String reason(IOException failure) {
        if (isUnknown(failure)) {
            return "is not known to this machine's resolver; is there a network? (--ollama-registry and --hf-endpoint"
                    + " name mirrors)";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case SSLException untrusted -> {
                    return "is not trusted, or speaks no TLS: its certificate was refused";
                }
                case Transport.StalledException stalled -> {
                    return "sends nothing any more";
                }
                case HttpTimeoutException late -> {
                    return "does not answer";
                }
                case ConnectException refused -> {
                    return "takes no connection";
                }
                default -> {}
            }
        }
        return "cut the connection, again and again";
    }
}
