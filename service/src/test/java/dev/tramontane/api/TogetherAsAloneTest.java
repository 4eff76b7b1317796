package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.CachePlan;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.Speculation;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.kernels.Backend;
import dev.tramontane.load.LoadedModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Promises 2 and 4 where a client sees them: many requests at once are answered, byte for byte, as each is alone, by a
 * service of other threads, pages, chunks and cache.
 */
@Tag("backends")
class TogetherAsAloneTest {
    /** On an emulated device a step takes some hundred times as long. */
    private static final int REQUESTS = Kernels.backend().isDevice() ? 16 : 64;

    private static final int WINDOW = 48;
    private static final int CONTEXT = 512;
    private static final int LANES = 8;
    private static final int CHOICES = 4;
    private static final long ROOMY = 64 << 20;

    /** What each request is answered alone, by backend. */
    private static final Map<Backend, List<String>> ALONE = new ConcurrentHashMap<>();

    @TempDir
    private Path files;

    /** Of a service: everything that must not show in an answer. */
    record Sizes(Backend backend, int threads, int pageTokens, int chunk) {}

    static Stream<Sizes> two() {
        return Kernels.backends().flatMap(b -> Stream.of(new Sizes(b, 1, 16, LANES), new Sizes(b, 2, 64, 200)));
    }

    /** Every page with every chunk, and either of them with one thread and with two; on a device each of them once. */
    static Stream<Sizes> all() {
        List<Integer> pages = List.of(16, 32, 128);
        List<Integer> chunks = List.of(LANES, 32, 200);
        return Kernels.backends()
                .flatMap(backend -> IntStream.range(0, pages.size() * chunks.size())
                        .filter(i -> !backend.isDevice() || i % (chunks.size() + 1) == 0)
                        .mapToObj(i -> new Sizes(
                                backend, 1 + i % 2, pages.get(i / chunks.size()), chunks.get(i % chunks.size()))));
    }

    @ParameterizedTest
    @MethodSource("two")
    void manyAtOnceAnswerAsEachAlone(Sizes sizes) throws Exception {
        check(sizes);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("all")
    void soAtEverySize(Sizes sizes) throws Exception {
        check(sizes);
    }

    private void check(Sizes sizes) throws Exception {
        List<String> expected = alone(sizes.backend());
        try (TestService service = service(sizes, ROOMY, 2 * REQUESTS, true)) {
            List<TestService.Reply> replies = together(service);
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(replies.get(i).status()).as(replies.get(i).body()).isEqualTo(200);
                assertThat(answer(i, replies.get(i)))
                        .as("request %d: %s", i, body(i))
                        .isEqualTo(expected.get(i));
            }
            TestService.eventually().until(() -> service.engine.status().pagesUsed() == 0);
        }
    }

    /** A cache for one request with all its choices, and a short queue: some are refused, nobody is cut off. */
    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void aCacheFarTooSmallRefusesOrAnswersAsAlone(Backend backend) throws Exception {
        List<String> expected = alone(backend);
        int admitted = 0;
        try (TestService service = service(new Sizes(backend, 2, 16, 32), 0, REQUESTS / 4, true)) {
            List<TestService.Reply> replies = together(service);
            for (int i = 0; i < REQUESTS; i++) {
                TestService.Reply reply = replies.get(i);
                if (reply.status() == 429) {
                    assertThat(reply.header("Retry-After")).isNotEmpty();
                    continue;
                }
                admitted++;
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                assertThat(answer(i, reply)).as("request %d: %s", i, body(i)).isEqualTo(expected.get(i));
            }
        }
        assertThat(admitted).as("admitted of " + REQUESTS).isBetween(REQUESTS / 4, REQUESTS - 1);
    }

    private List<String> alone(Backend backend) throws IOException {
        List<String> known = ALONE.get(backend);
        if (known != null) {
            return known;
        }
        List<String> answers = new ArrayList<>();
        try (TestService service = service(new Sizes(backend, 1, 16, 64), ROOMY, REQUESTS, false)) {
            for (int i = 0; i < REQUESTS; i++) {
                TestService.Reply reply = send(service, i);
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                answers.add(answer(i, reply));
            }
        }
        assertThat(answers).as("different requests have different answers").doesNotHaveDuplicates();
        ALONE.put(backend, answers);
        return answers;
    }

    /** @param cacheBytes 0 for what the choices of one request need, with the whole context each */
    private TestService service(Sizes sizes, long cacheBytes, int queue, boolean prefixes) throws IOException {
        LoadedModel model = TinyModel.PLAIN.withWindow(WINDOW).load(files, sizes.backend(), sizes.threads());
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(LANES, sizes.chunk(), 32),
                new EngineConfig.Cache(sizes.pageTokens(), Kernels.cacheType(CacheType.F32), ROOMY, prefixes),
                new EngineConfig.Admission(REQUESTS, CONTEXT, CHOICES, queue, 1 << 20));
        long few = CachePlan.bytesFor(model.model().geometry(), config, CONTEXT, CHOICES);
        if (prefixes) { // Nor does it show that tokens are guessed.
            config = config.speculating(new Speculation(Speculation.Method.AUTO, 6));
        }
        return TestService.on(model, cacheBytes == 0 ? config.withCacheBytes(few) : config, TestService.CONFIG);
    }

    /** Sends every request at once, in another order each time. */
    private static List<TestService.Reply> together(TestService service) throws Exception {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(service.port));
        List<Future<TestService.Reply>> sent = new ArrayList<>(Collections.nCopies(REQUESTS, null));
        try (ExecutorService clients = Executors.newFixedThreadPool(REQUESTS)) {
            for (int i : order) {
                sent.set(i, clients.submit(() -> send(service, i)));
            }
            List<TestService.Reply> replies = new ArrayList<>();
            for (Future<TestService.Reply> one : sent) {
                replies.add(one.get());
            }
            return replies;
        }
    }

    private static TestService.Reply send(TestService service, int i) {
        return isChat(i) ? service.chat(body(i)) : service.completion(body(i));
    }

    private static boolean isChat(int i) {
        return i % 5 == 4;
    }

    private static boolean streams(int i) {
        return i % 3 == 1;
    }

    /** Prompts of 1 to some 300 tokens, every sampler and its mixtures, several choices, stop words and log-probabilities. */
    private static JsonObject body(int i) {
        Random random = new Random(i);
        JsonObject body = new JsonObject()
                .put("model", TestService.MODEL)
                .put("max_tokens", 1 + random.nextInt(WINDOW + 20))
                .put("ignore_eos", i % 2 == 0)
                .put("seed", random.nextLong(1L << 53))
                .put("temperature", i % 4 == 0 ? 0 : 0.4 + random.nextInt(12) / 10.0);
        String text = "quick brown foxes, number " + i + ": " + "jump over it; ".repeat(random.nextInt(20));
        if (isChat(i)) {
            body.put(
                    "messages",
                    new JsonArray().add(new JsonObject().put("role", "user").put("content", text)));
        } else {
            body.put("prompt", i % 7 == 0 ? text.substring(0, 1 + i % 3) + i : text);
        }
        if (i % 3 == 0) {
            body.put("top_k", 1 + random.nextInt(40));
        }
        if (i % 4 == 1) {
            body.put("top_p", 0.5 + random.nextInt(5) / 10.0);
        }
        if (i % 5 == 2) {
            body.put("min_p", 0.02);
        }
        if (i % 6 == 5) {
            body.put("repetition_penalty", 1.2).put("presence_penalty", 0.5).put("frequency_penalty", -0.3);
        }
        if (i % 8 == 3) {
            body.put("n", 1 + random.nextInt(CHOICES));
        }
        if (i % 9 == 4) {
            body.put("stop", new JsonArray().add("e").add("th"));
        }
        if (i % 5 == 1) {
            String pattern = List.of("[a-m ]{3,40}[.!]", "(?:(?:yes|no|per haps), ){2,90}", "\\d+(?:\\.\\d{2})?")
                    .get(i / 5 % 3);
            body.put("structured_outputs", new JsonObject().put("regex", pattern));
        }
        if (!isChat(i) && i % 2 == 1) {
            body.put("logprobs", 3);
        }
        if (i % 4 == 2) {
            body.put("speculation", new JsonObject().put("method", "ngram").put("tokens", 1 + i % 7));
        } else if (isChat(i)) {
            body.put("prediction", new JsonObject().put("type", "content").put("content", text));
        }
        if (streams(i)) {
            body.put("stream", true).put("stream_options", new JsonObject().put("include_usage", true));
        }
        return body;
    }

    /**
     * What must be the same. Whole answers: every byte but the id. Streams: how many tokens an event carries depends on
     * when the socket takes it, so each choice's text and log-probabilities, joined, and the usage.
     * But for what others had computed of a prompt already, and for what was guessed.
     */
    private static String answer(int i, TestService.Reply reply) {
        return whole(i, reply)
                .replaceFirst("\"cached_tokens\":\\d+", "")
                .replaceFirst(",\"completion_tokens_details\":\\{[^}]*}", "");
    }

    private static String whole(int i, TestService.Reply reply) {
        if (!streams(i)) {
            // Blanks come before an answer that takes long: they keep the connection open.
            return reply.body().stripLeading().replaceFirst("\"id\":\"[^\"]*\"", "");
        }
        StringBuilder[] choices =
                Stream.generate(StringBuilder::new).limit(CHOICES).toArray(StringBuilder[]::new);
        StringBuilder usage = new StringBuilder();
        for (JsonObject event : reply.events()) {
            if (event.getJsonObject("usage") != null) {
                usage.append(event.getJsonObject("usage").encode());
            }
            for (int k = 0; k < event.getJsonArray("choices").size(); k++) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(k);
                StringBuilder of = choices[choice.getInteger("index")];
                of.append(choice.getString(
                        "text", choice.getJsonObject("delta", new JsonObject()).getString("content", "")));
                of.append(choice.getString("finish_reason") == null ? "" : '\n' + choice.getString("finish_reason"));
            }
        }
        return String.join("\n", choices) + logprobs(reply) + usage;
    }

    private static String logprobs(TestService.Reply reply) {
        Map<Integer, JsonArray> byChoice = new TreeMap<>();
        for (JsonObject event : reply.events()) {
            for (int k = 0; k < event.getJsonArray("choices").size(); k++) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(k);
                JsonObject logprobs = choice.getJsonObject("logprobs");
                if (logprobs != null) {
                    byChoice.computeIfAbsent(choice.getInteger("index"), index -> new JsonArray())
                            .addAll(logprobs.getJsonArray("token_logprobs"));
                }
            }
        }
        return byChoice.toString();
    }
}
