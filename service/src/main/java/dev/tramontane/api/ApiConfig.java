package dev.tramontane.api;

import java.time.Duration;
import java.util.Set;

/**
 * How the HTTP service behaves.
 *
 * @param host address to bind
 * @param port 0 picks a free one
 * @param eventLoops threads that serve sockets
 * @param transport limits of connections
 * @param sockets limits of WebSockets
 * @param requests limits of requests
 * @param heartbeat between keep-alives of a silent answer; at most a third of the idle time
 * @param lookAhead tokens that a stream may have generated before its reader has taken them
 * @param allowed browser origins and names of the service that are allowed besides the usual ones
 * @param templateVariables chat template variables that requests may set (chat_template_kwargs)
 * @param ignoreUnknown whether unknown fields of requests are passed over and named, rather than refused
 * @param fingerprint system_fingerprint: changes whenever the same seed may give other tokens
 * @param instance which of several servers it is
 */
public record ApiConfig(
        String host,
        int port,
        int eventLoops,
        TransportLimits transport,
        SocketLimits sockets,
        RequestLimits requests,
        Duration heartbeat,
        int lookAhead,
        Allowed allowed,
        Set<String> templateVariables,
        boolean ignoreUnknown,
        String fingerprint,
        Instance instance) {

    public static final ApiConfig DEFAULT = new ApiConfig(
            "127.0.0.1",
            8080,
            1,
            TransportLimits.DEFAULT,
            SocketLimits.DEFAULT,
            RequestLimits.DEFAULT,
            Duration.ofSeconds(15),
            64,
            Allowed.USUAL,
            Set.of(),
            false,
            "tramontane");

    /** One that stands alone. */
    public ApiConfig(
            String host,
            int port,
            int eventLoops,
            TransportLimits transport,
            SocketLimits sockets,
            RequestLimits requests,
            Duration heartbeat,
            int lookAhead,
            Allowed allowed,
            Set<String> templateVariables,
            boolean ignoreUnknown,
            String fingerprint) {
        this(
                host,
                port,
                eventLoops,
                transport,
                sockets,
                requests,
                heartbeat,
                lookAhead,
                allowed,
                templateVariables,
                ignoreUnknown,
                fingerprint,
                Instance.ALONE);
    }

    /** The same as one of several. */
    public ApiConfig as(Instance one) {
        return new ApiConfig(
                host,
                port,
                eventLoops,
                transport,
                sockets,
                requests,
                heartbeat,
                lookAhead,
                allowed,
                templateVariables,
                ignoreUnknown,
                fingerprint,
                one);
    }

    /** The same elsewhere, on one event loop. */
    public ApiConfig at(String otherHost, int otherPort) {
        return new ApiConfig(
                otherHost,
                otherPort,
                1,
                transport,
                sockets,
                requests,
                heartbeat,
                lookAhead,
                allowed,
                templateVariables,
                ignoreUnknown,
                fingerprint,
                instance);
    }

    public ApiConfig {
        templateVariables = Set.copyOf(templateVariables);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port must be between 0 and 65535, got " + port);
        }
        if (eventLoops < 1 || lookAhead < 1) {
            throw new IllegalArgumentException("event loops and look-ahead must be at least 1");
        }
        if (heartbeat.isNegative()
                || heartbeat.isZero()
                || heartbeat.multipliedBy(3).compareTo(transport.idleTime()) > 0) {
            throw new IllegalArgumentException("the heartbeat must be positive and at most a third of the idle time, "
                    + transport.idleTime().toSeconds() + " s, so that no proxy or timeout cuts a silent stream; got "
                    + heartbeat.toMillis() + " ms");
        }
    }
}
