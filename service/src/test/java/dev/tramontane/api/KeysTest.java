package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.AccessLines;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpRequest;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys over HTTP: who is asked for one, who is let in, and how far. */
class KeysTest {
    private static final String COMPLETIONS = "/v1/completions";

    private final String key = SecretKey.make(new SecureRandom());
    private final String limited = SecretKey.make(new SecureRandom());
    private final String stranger = SecretKey.make(new SecureRandom());
    private final AtomicLong clock = new AtomicLong();
    private final List<String> limits = new CopyOnWriteArrayList<>();
    private final Map<String, Long> computed = new ConcurrentHashMap<>();
    private final Map<String, Integer> streams = new ConcurrentHashMap<>();
    private final KeyRing ring = new KeyRing(entries(new KeyLimits(3, 40, 1, 0)), clock::get);
    private volatile boolean held;
    private final ScriptedEngine engine = new ScriptedEngine(at -> {
        while (held) {
            LockSupport.parkNanos(1_000_000);
        }
        return at < 6 ? "answer".charAt(at) : ByteTokenizer.END;
    });
    private final TestService service = TestService.keyed(
            Doorkeeper.of(ring, new KeyObserver() {
                @Override
                public void limited(String name, String limit) {
                    limits.add(name + " " + limit);
                }

                @Override
                public void computed(String name, long promptTokens, long answerTokens) {
                    computed.merge(name, 1000 * promptTokens + answerTokens, Long::sum);
                }

                @Override
                public void streams(String name, int change) {
                    streams.merge(name, change, Integer::sum);
                }
            }),
            engine);

    private List<KeyEntry> entries(KeyLimits ofLimited) {
        return List.of(
                new KeyEntry("free", SecretKey.hash(key), KeyLimits.NONE),
                new KeyEntry("tight", SecretKey.hash(limited), ofLimited));
    }

    @AfterEach
    void close() {
        held = false;
        service.close();
    }

    private HttpRequest.Builder to(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path));
        return headers.length == 0 ? request : request.headers(headers);
    }

    private static HttpRequest.Builder posting(HttpRequest.Builder request, JsonObject body) {
        return request.setHeader("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.encode()));
    }

    private TestService.Reply complete(String with) {
        return service.send(posting(
                to(COMPLETIONS, "Authorization", "Bearer " + with), TestService.body("hello", new JsonObject())));
    }

    private static void isRefused(TestService.Reply reply, String challenge) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(401);
        assertThat(reply.header("WWW-Authenticate")).isEqualTo(challenge);
        if (reply.json().getValue("error") instanceof String message) { // As Ollama's clients read it.
            assertThat(message).contains("key");
            return;
        }
        assertThat(reply.error().getString("type")).isEqualTo("invalid_request_error");
        assertThat(reply.error().getString("code")).isEqualTo("invalid_api_key");
        assertThat(reply.error().containsKey("param")).isTrue();
    }

    /** Every way to spell a path that leads somewhere, and those that lead nowhere. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models",
                "/v1/models/toy",
                "/v1/chat/completions",
                "/v1/completions",
                "/v1/fim/completions",
                "/tokenize",
                "/detokenize",
                "/v1/responses",
                "/version",
                "/capacity",
                "/openapi.json",
                "/v1/embeddings",
                "/api/chat",
                "/is/not/there",
                "/livez/../v1/models",
                "/livez/%2e%2e/v1/models",
                "//v1/models",
                "/v1//models",
                "/v1/models/",
                "/%76%31/models",
                "/livez;/v1/models",
                "/v1/models?x=/livez"
            })
    void isAskedForAKey(String path) {
        isRefused(service.send(to(path)), "Bearer realm=\"tramontane\"");
        isRefused(service.send(posting(to(path), new JsonObject())), "Bearer realm=\"tramontane\"");
        assertThat(service.send(to(path, "Authorization", "Bearer " + key)).status())
                .isNotEqualTo(401);
    }

    /** Whatever is mounted asks, unless it is named here. */
    @Test
    void onlyHealthGoesWithout() {
        String known =
                service.send(to("/is/not/there", "X-Api-Key", key)).error().getString("message");
        List<String> routes = List.of(known.substring(known.indexOf("has ") + 4).split(", ", -1));
        assertThat(routes).hasSizeGreaterThan(10);
        List<String> keyless = routes.stream()
                .filter(route -> {
                    String[] words = route.split(" ", -1);
                    HttpRequest.Builder request = to(words[1].replaceAll("\\*|\\{\\w+}", "x"));
                    return service.send(
                                            words[0].equals("POST")
                                                    ? posting(request, new JsonObject())
                                                    : request.method(words[0], HttpRequest.BodyPublishers.noBody()))
                                    .status()
                            != 401;
                })
                .toList();
        assertThat(keyless)
                .containsExactlyInAnyOrder(
                        "GET /livez",
                        "GET /startupz",
                        "GET /readyz",
                        "GET /health",
                        "GET /v1/health",
                        "GET /ping",
                        "POST /ping");
        assertThat(service.send(to("/livez").PUT(HttpRequest.BodyPublishers.noBody()))
                        .status())
                .isEqualTo(405);
    }

    @Test
    void aKeyIsTakenInEitherHeader() {
        assertThat(complete(key).status()).isEqualTo(200);
        assertThat(service.send(to("/v1/models", "Authorization", "bearer  " + key))
                        .status())
                .isEqualTo(200);
        assertThat(service.send(to("/v1/models", "X-Api-Key", key)).status()).isEqualTo(200);
        assertThat(service.send(to("/v1/models", "X-Api-Key", key, "Authorization", "Bearer " + key))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void whatIsNoKeyIsRefused() {
        String wrong = "Bearer realm=\"tramontane\", error=\"invalid_token\"";
        isRefused(complete(stranger), wrong);
        isRefused(complete(key.substring(0, 20)), wrong);
        isRefused(service.send(to("/v1/models", "Authorization", key)), wrong);
        isRefused(service.send(to("/v1/models", "Authorization", "Basic " + key)), wrong);
        isRefused(service.send(to("/v1/models", "Authorization", "Bearer ")), wrong);
        isRefused(service.send(to("/v1/models", "X-Api-Key", stranger, "Authorization", "Bearer " + key)), wrong);
        isRefused(service.send(to("/v1/models?api_key=" + key)), "Bearer realm=\"tramontane\"");
        assertThat(service.send(to("/v1/models", "X-Api-Key", key, "X-Api-Key", key))
                        .status())
                .as("two of one header")
                .isEqualTo(400);
        assertThat(service.observer.reasons).contains("invalid_api_key");
        assertThat(engine.runs).isEmpty();
    }

    /** A body that nobody will read is not asked for. */
    @Test
    void aRefusalComesBeforeTheBody() throws Exception {
        try (RawClient client = new RawClient(service.port)) {
            client.send(String.join(
                    "\r\n",
                    "POST /v1/completions HTTP/1.1",
                    "Host: 127.0.0.1",
                    "Content-Type: application/json",
                    "Content-Length: 1000000",
                    "Expect: 100-continue",
                    "",
                    ""));
            assertThat(client.answer().status()).isEqualTo(401);
        }
    }

    @Test
    void preflightsNeedNoKey() {
        TestService.Reply reply = service.send(to(
                        COMPLETIONS,
                        "Origin",
                        "https://listed.example",
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        "authorization,content-type")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.header("Access-Control-Allow-Headers")).isEqualTo("authorization,content-type");
        isRefused(service.send(to(COMPLETIONS, "Origin", "https://listed.example")), "Bearer realm=\"tramontane\"");
    }

    @Test
    void aKeyThatIsTakenAwayIsNotTakenAnyMore() {
        assertThat(complete(key).status()).isEqualTo(200);
        ring.replace(List.of(new KeyEntry("free", SecretKey.hash(stranger), KeyLimits.NONE)));
        assertThat(complete(key).status()).isEqualTo(401);
        assertThat(complete(stranger).status()).isEqualTo(200);
    }

    @Test
    void requestsAMinuteAreLimitedAndTold() {
        ring.replace(entries(new KeyLimits(2, 0, 0, 0)));
        TestService.Reply first = complete(limited);
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(first.header("x-ratelimit-reset-requests")).isEqualTo("30s");
        assertThat(first.header("x-ratelimit-limit-tokens")).as("there is none").isEmpty();
        complete(limited);
        TestService.Reply third = complete(limited);
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.header("Retry-After")).isEqualTo("30");
        assertThat(third.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(third.header("x-ratelimit-reset-requests")).isEqualTo("1m0s");
        assertThat(third.error().getString("code")).isEqualTo("rate_limit_exceeded");
        assertThat(third.error().getString("type")).isEqualTo("requests");
        assertThat(third.error().getString("message")).contains("'tight' on requests per minute: limit 2", "30s");
        assertThat(limits).containsExactly("tight requests");
        assertThat(service.send(to("/v1/models", "Authorization", "Bearer " + limited))
                        .status())
                .as("what costs nothing is not counted")
                .isEqualTo(200);
        assertThat(complete(key).status())
                .as("another key's limits are its own")
                .isEqualTo(200);
        clock.addAndGet(30_000_000_000L);
        assertThat(complete(limited).status()).isEqualTo(200);
    }

    @Test
    void tokensAMinuteAreThoseThatWereComputed() {
        ring.replace(entries(new KeyLimits(0, 20, 0, 0)));
        assertThat(complete(limited).status()).isEqualTo(200);
        // "hello" is five bytes, "answer" six and its end; a byte is a token.
        assertThat(computed).containsEntry("tight", 5_007L);
        TestService.Reply second = complete(limited);
        assertThat(second.header("x-ratelimit-remaining-tokens")).isEqualTo("8");
        assertThat(second.status()).isEqualTo(200);
        TestService.Reply third = complete(limited);
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.error().getString("type")).isEqualTo("tokens");
        assertThat(third.header("Retry-After"))
                .as("five to make up for, at three seconds each")
                .isEqualTo("15");
        assertThat(limits).containsExactly("tight tokens");
        clock.addAndGet(15_000_000_000L);
        assertThat(complete(limited).status()).isEqualTo(200);
    }

    @Test
    void soManyAnswersAtATime() {
        ring.replace(entries(new KeyLimits(0, 0, 1, 0)));
        held = true;
        CompletableFuture<TestService.Reply> first = CompletableFuture.supplyAsync(() -> complete(limited));
        TestService.eventually().until(() -> streams.getOrDefault("tight", 0) == 1);
        TestService.Reply second = complete(limited);
        assertThat(second.status()).isEqualTo(429);
        assertThat(second.header("Retry-After")).isEqualTo("1");
        assertThat(second.error().getString("message")).contains("'tight' has 1 answers under way");
        held = false;
        assertThat(first.join().status()).isEqualTo(200);
        TestService.eventually().until(() -> streams.getOrDefault("tight", -1) == 0);
        assertThat(complete(limited).status()).isEqualTo(200);
        // A request that is wrong gives its place back as well.
        for (int i = 0; i < 3; i++) {
            assertThat(service.send(posting(
                                    to(COMPLETIONS, "Authorization", "Bearer " + limited),
                                    new JsonObject().put("prompt", 1)))
                            .status())
                    .isEqualTo(400);
        }
        assertThat(complete(limited).status()).isEqualTo(200);
    }

    @Test
    void theAccessLogHasTheNameAndNotTheKey() {
        try (AccessLines lines = new AccessLines()) {
            complete(key);
            complete(stranger);
            TestService.eventually()
                    .until(() -> lines.with("POST /v1/completions 401").size() == 1);
            // Each comes on its own connection, maybe, and the later one's line first.
            TestService.eventually().until(() -> lines.with("key=free").size() == 1);
            assertThat(lines.with("key=free")).singleElement().asString().contains("POST /v1/completions 200");
            assertThat(lines.with("sk-tm-")).isEmpty();
        }
    }

    @Test
    void timesAreSpelledAsOpenAiDoes() {
        assertThat(Caller.spelled(0)).isEqualTo("0ms");
        assertThat(Caller.spelled(1)).isEqualTo("1ms");
        assertThat(Caller.spelled(6_500_000_000L)).isEqualTo("6.5s");
        assertThat(Caller.spelled(60_000_000_000L)).isEqualTo("1m0s");
        assertThat(Caller.spelled(90_050_000_000L)).isEqualTo("1m30.05s");
    }
}
