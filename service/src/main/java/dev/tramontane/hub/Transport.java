package dev.tramontane.hub;

import dev.tramontane.hub.Credentials.Renewal;
import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.json.Printable;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks servers, and follows where they lead: to other hosts without what is for one alone, never from TLS to plain HTTP. Gives up on
 * whoever says nothing. Any thread.
 */
final class Transport implements AutoCloseable {
    private static final int MOST_HOPS = 8;
    private static final int UNAUTHORIZED = 401;

    /** Of one request: without a name, and with one. */
    private static final int MOST_RENEWED = 2;

    private static final long LOOK_MILLIS = 100;

    private final HttpClient client;
    private final Duration patience;

    /** Nothing came for so long that nothing will. */
    static final class StalledException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * An answer.
     *
     * @param uri that gave it, where the way ended
     * @param linked what the hub itself said is the file's ETag, before it led elsewhere; empty where it said nothing
     */
    record Answer(int status, HttpHeaders headers, byte[] body, URI uri, String linked) {}

    /** @param patience how long a server may say nothing */
    Transport(Duration patience) {
        this.patience = patience;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // Ranges come over connections of their own.
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(ProxySelector.getDefault())
                .connectTimeout(patience)
                .build();
    }

    /**
     * A small document.
     *
     * @param most bytes that it may have; whoever sends more is refused
     */
    Answer document(Endpoint endpoint, URI uri, Map<String, String> headers, int most)
            throws IOException, InterruptedException {
        RangeSink text = RangeSink.inMemory(most);
        return send(endpoint, uri, headers, info -> info.statusCode() == 200 ? text : new Unread(), text::written);
    }

    /**
     * A body into a file.
     *
     * @param wanted whether a status and its headers are of such a body; the body of another is a complaint
     */
    Answer body(Endpoint endpoint, URI uri, Map<String, String> headers, Expected wanted, RangeSink sink)
            throws IOException, InterruptedException {
        return send(
                endpoint,
                uri,
                headers,
                info -> wanted.test(info.statusCode(), info.headers()) ? sink : new Unread(),
                sink::written);
    }

    /** Says whether what begins is what was asked for. */
    @FunctionalInterface
    interface Expected {
        boolean test(int status, HttpHeaders headers);
    }

    private Answer send(
            Endpoint endpoint,
            URI first,
            Map<String, String> headers,
            BodyHandler<byte[]> handler,
            LongSupplier progress)
            throws IOException, InterruptedException {
        URI at = first;
        String linked = "";
        int renewed = 0;
        for (int hop = 0; hop <= MOST_HOPS; hop++) {
            String secret = endpoint.covers(at) ? endpoint.credentials().header() : null;
            HttpResponse<byte[]> response =
                    await(client.sendAsync(request(at, headers, secret), stoppingAtRedirects(handler)), progress);
            if (response.statusCode() == UNAUTHORIZED && endpoint.covers(at)) {
                // What another thread was given in the meantime may have run out, too: that is nobody's refusal.
                boolean others = !Objects.equals(secret, endpoint.credentials().header());
                Renewal came = others
                        ? Renewal.ANOTHERS
                        : renewed < MOST_RENEWED
                                ? endpoint.credentials().renew(at, response.headers(), secret, renewed)
                                : Renewal.REFUSED;
                if (came != Renewal.REFUSED) {
                    renewed += came == Renewal.RENEWED ? 1 : 0;
                    continue;
                }
            }
            if (endpoint.covers(at)) {
                linked = response.headers().firstValue("X-Linked-Etag").orElse(linked);
            }
            if (!isRedirect(response.statusCode(), response.headers())) {
                return new Answer(response.statusCode(), response.headers(), response.body(), at, linked);
            }
            at = next(at, response.headers().firstValue("Location").orElseThrow());
        }
        throw new HubException(
                Kind.WRONG,
                Endpoint.host(first) + " leads from one place to the next more than " + MOST_HOPS + " times");
    }

    private static HttpRequest request(URI at, Map<String, String> headers, @Nullable String secret) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put("User-Agent", "tramontane");
        if (secret != null) {
            all.put("Authorization", secret);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(at);
        all.forEach(request::header);
        return request.build();
    }

    private static boolean isRedirect(int status, HttpHeaders headers) {
        boolean moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        return moved && headers.firstValue("Location").isPresent();
    }

    private static BodyHandler<byte[]> stoppingAtRedirects(BodyHandler<byte[]> handler) {
        return info -> isRedirect(info.statusCode(), info.headers()) ? new Unread() : handler.apply(info);
    }

    static URI next(URI from, String location) {
        URI to;
        try {
            to = from.resolve(URI.create(location));
        } catch (IllegalArgumentException malformed) {
            throw wrongWay(from, location, "which is no address", malformed);
        }
        boolean secure = "https".equalsIgnoreCase(to.getScheme());
        if ((!secure && !"http".equalsIgnoreCase(to.getScheme()))
                || !Endpoint.isReachable(to)
                || to.getRawUserInfo() != null) {
            throw wrongWay(from, location, "which is no address of a file", null);
        }
        if (!secure && "https".equalsIgnoreCase(from.getScheme())) {
            throw wrongWay(from, location, "which is plain http", null);
        }
        return to;
    }

    private static HubException wrongWay(URI from, String location, String why, @Nullable Throwable cause) {
        String message = Endpoint.host(from) + " leads to \"" + Printable.of(location, 80) + "\", " + why;
        return cause == null ? new HubException(Kind.WRONG, message) : new HubException(Kind.WRONG, message, cause);
    }

    /** The body of an answer that is none: nobody reads it, however long it is. */
    private static final class Unread implements BodySubscriber<byte[]> {
        @Override
        public CompletionStage<byte[]> getBody() {
            return CompletableFuture.completedFuture(new byte[0]);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(List<ByteBuffer> pieces) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }

    /** Waits as long as something comes. */
    private HttpResponse<byte[]> await(CompletableFuture<HttpResponse<byte[]>> coming, LongSupplier progress)
            throws IOException, InterruptedException {
        long seen = -1;
        long since = System.nanoTime();
        while (true) {
            try {
                return coming.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                long now = System.nanoTime();
                if (progress.getAsLong() != seen) {
                    seen = progress.getAsLong();
                    since = now;
                } else if (now - since > patience.toNanos()) {
                    coming.cancel(true);
                    throw new StalledException();
                }
            } catch (InterruptedException interrupted) {
                coming.cancel(true);
                throw interrupted;
            } catch (ExecutionException failed) {
                throw failed.getCause() instanceof IOException failure ? failure : new IOException(failed.getCause());
            }
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
