package dev.tramontane.top;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks one server how it is, within limits of time and bytes. */
public final class ServerWatch implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 8 << 20;

    /** Models whose capacity is asked for. */
    private static final int MOST_MODELS = 16;

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int NOT_FOUND = 404;
    private static final int UNAVAILABLE = 503;

    /**
     * Where a server is.
     *
     * @param base "http://127.0.0.1:8080", without a slash at its end
     * @param metrics where its figures are told; null for {@code /metrics} there
     * @param key that it asks for; null for none
     */
    public record Place(
            URI base, @Nullable URI metrics, @Nullable String key) {}

    private record Answer(int status, byte[] body) {}

    private final Place place;
    private final LongSupplier clock;
    private final HttpClient client;

    /**
     * @param trust whose certificates are believed; null for those that Java believes
     * @param clock monotonic nanoseconds
     */
    public ServerWatch(Place place, @Nullable SSLContext trust, LongSupplier clock) {
        this.place = place;
        this.clock = clock;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(PATIENCE);
        client = (trust == null ? builder : builder.sslContext(trust)).build();
    }

    /** @throws UnreachableException where it says nothing, or what isn't understood */
    public Reading read() throws UnreachableException, InterruptedException {
        long now = clock.getAsLong();
        List<Reading.Served> models = new ArrayList<>();
        for (Map<String, @Nullable Object> facts : models()) {
            String status = Reading.Served.status(facts);
            boolean there = status.isEmpty() || status.equals("loaded"); // Who only looks has nothing loaded.
            models.add(new Reading.Served(facts, there && asksFor(facts, models.size()) ? capacity(facts) : Map.of()));
        }
        return new Reading(now, models, metrics());
    }

    /**
     * Names of what it serves, in its order.
     *
     * @throws UnreachableException where it says nothing, or what isn't understood
     */
    public List<String> names() throws UnreachableException, InterruptedException {
        return models().stream()
                .map(facts -> facts.get("id"))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .toList();
    }

    @SuppressWarnings("unchecked") // JSON objects have strings as names.
    private List<Map<String, @Nullable Object>> models() throws UnreachableException, InterruptedException {
        URI uri = at("/v1/models");
        Map<String, @Nullable Object> list = object(uri, ask(uri));
        if (!(list.get("data") instanceof List<?> data)) {
            throw new UnreachableException(
                    "What " + uri + " answers is no list of models; is it a server with OpenAI's API?");
        }
        List<Map<String, @Nullable Object>> models = new ArrayList<>();
        for (Object each : data) {
            if (each instanceof Map<?, ?> model) {
                models.add((Map<String, @Nullable Object>) model);
            }
        }
        return models;
    }

    /** An adapter's is its model's. */
    private static boolean asksFor(Map<String, @Nullable Object> facts, int before) {
        return before < MOST_MODELS && !(facts.get("parent") instanceof String);
    }

    /** Empty where a model is not loaded. */
    private Map<String, @Nullable Object> capacity(Map<String, @Nullable Object> model)
            throws UnreachableException, InterruptedException {
        String id = URLEncoder.encode(String.valueOf(model.get("id")), StandardCharsets.UTF_8);
        URI uri = at("/capacity?model=" + id);
        Answer answer = ask(uri);
        return answer.status() == UNAVAILABLE || answer.status() == NOT_FOUND ? Map.of() : object(uri, answer);
    }

    private @Nullable Metrics metrics() throws UnreachableException, InterruptedException {
        URI asked = place.metrics();
        URI uri = asked == null ? at("/metrics") : asked;
        Answer answer = ask(uri);
        if (asked == null && answer.status() == NOT_FOUND) {
            return null; // At a port of its own.
        }
        check(uri, answer);
        return Metrics.of(new String(answer.body(), StandardCharsets.UTF_8));
    }

    private URI at(String path) {
        return URI.create(place.base() + path);
    }

    private static Map<String, @Nullable Object> object(URI uri, Answer answer) throws UnreachableException {
        check(uri, answer);
        try {
            return JsonReader.object(answer.body());
        } catch (InvalidJsonException none) {
            throw new UnreachableException("What " + uri + " answers is no JSON object: " + none.getMessage(), none);
        }
    }

    private static void check(URI uri, Answer answer) throws UnreachableException {
        if (answer.status() == UNAUTHORIZED) {
            throw new UnreachableException(uri + " asks for a key: give one that is valid in TRAMONTANE_API_KEY");
        }
        if (answer.status() != OK) {
            throw new UnreachableException(uri + " answers " + answer.status());
        }
    }

    private Answer ask(URI uri) throws UnreachableException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(PATIENCE);
        if (place.key() != null && isItsOwn(uri)) {
            request.header("Authorization", "Bearer " + place.key());
        }
        try {
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                byte[] body = within(in);
                if (body.length > MOST_BYTES) {
                    throw new UnreachableException(uri + " answers more than " + MOST_BYTES + " bytes");
                }
                return new Answer(response.statusCode(), body);
            }
        } catch (HttpTimeoutException late) {
            throw new UnreachableException(uri + " did not answer within " + PATIENCE.toSeconds() + " s", late);
        } catch (ConnectException refused) {
            throw new UnreachableException("Nobody listens at " + uri, refused);
        } catch (SSLException untrusted) {
            throw new UnreachableException(
                    "No safe connection to " + uri + ": " + untrusted.getMessage()
                            + "; --cacert FILE says whom to believe",
                    untrusted);
        } catch (IOException broken) {
            throw new UnreachableException(uri + " cannot be read: " + broken.getMessage(), broken);
        }
    }

    /** The request's own time is over with the response's head: a body that stands still ends by being closed. */
    private static byte[] within(InputStream in) throws IOException {
        AtomicBoolean late = new AtomicBoolean();
        CompletableFuture<Void> end = CompletableFuture.runAsync(
                () -> {
                    late.set(true);
                    close(in);
                },
                CompletableFuture.delayedExecutor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        try {
            byte[] body = in.readNBytes(MOST_BYTES + 1);
            if (late.get()) {
                throw new HttpTimeoutException("the body stands still");
            }
            return body;
        } catch (IOException broken) {
            throw late.get() ? new HttpTimeoutException("the body stands still") : broken;
        } finally {
            end.cancel(false);
        }
    }

    private static void close(InputStream in) {
        try {
            in.close();
        } catch (IOException gone) {
            throw new UncheckedIOException(gone); // Kept in the future, where nobody asks: the reader has the same.
        }
    }

    /** The key is for the server's host and nobody else, and not for plain HTTP where the server has TLS. */
    private boolean isItsOwn(URI uri) {
        URI base = place.base();
        boolean plainer = "https".equals(base.getScheme()) && !"https".equals(uri.getScheme());
        return base.getHost().equals(uri.getHost()) && !plainer;
    }

    @Override
    public void close() {
        client.shutdownNow();
        client.close();
    }
}
