package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Clients of a service whose models and adapters come and go: some hear all of an answer, as a whole or as a stream, some leave. Whoever
 * stays gets what the model says alone, without guesses.
 */
final class ChurnClients {
    private static final List<String> PROMPTS = List.of("hello", "Roses are red, ", "one two one two one two one");
    private static final List<String> GUESSES = List.of("off", "ngram", "auto");
    private static final int TOKENS = 30;
    private static final int LEAVE_WITHIN = 6;
    private static final int HANG_MILLIS = 120_000;

    final List<String> faults = new CopyOnWriteArrayList<>();

    /** Answers heard to the end. */
    final AtomicLong heard = new AtomicLong();

    /** Requests that found their adapter gone. */
    final AtomicLong missed = new AtomicLong();

    private final String url;
    private final Map<String, String> alone = new ConcurrentHashMap<>();

    ChurnClients(WatchedProcess service) {
        url = service.url;
    }

    /**
     * What requests may ask for.
     *
     * @param guesses further methods
     */
    record Named(String model, List<String> guesses) {}

    /** The status, and the body where it is a whole one. */
    record Answer(int status, String body) {}

    private HttpURLConnection begin(String path, JsonObject body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setRequestProperty("Connection", "close"); // One that is kept would count.
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setReadTimeout(HANG_MILLIS);
        connection.setDoOutput(true);
        byte[] bytes = body.toBuffer().getBytes();
        connection.setFixedLengthStreamingMode(bytes.length); // Else all of it is sent when the answer is asked for.
        try (OutputStream out = connection.getOutputStream()) {
            out.write(bytes);
        }
        return connection;
    }

    Answer send(String path, JsonObject body) throws IOException {
        HttpURLConnection connection = begin(path, body);
        int status = connection.getResponseCode();
        try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(status, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static JsonObject completion(String model, String prompt, boolean sampled) {
        return new JsonObject()
                .put("model", model)
                .put("prompt", prompt)
                .put("temperature", sampled ? 1 : 0)
                .put("seed", 5)
                .put("ignore_eos", true)
                .put("max_tokens", TOKENS);
    }

    private static String key(String model, String prompt, boolean sampled) {
        return model + '|' + prompt + '|' + sampled;
    }

    /** Asks for what this model says when nobody else is there and nothing is guessed, and then, alone as well, with guesses. */
    void learn(String model) throws IOException {
        for (String prompt : PROMPTS) {
            for (boolean sampled : new boolean[] {false, true}) {
                Answer answer = send(
                        "/v1/completions",
                        completion(model, prompt, sampled).put("speculation", new JsonObject().put("method", "off")));
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                alone.put(key(model, prompt, sampled), text(answer.body()));
                Answer guessed = send(
                        "/v1/completions",
                        completion(model, prompt, sampled)
                                .put(
                                        "speculation",
                                        new JsonObject().put("method", "auto").put("tokens", 4)));
                assertThat(text(guessed.body())).isEqualTo(text(answer.body()));
            }
        }
    }

    /** How many texts were learnt, and how many of them differ. */
    void requireLearnt(int texts) {
        assertThat(alone).hasSize(texts);
        assertThat(Map.copyOf(alone).values().stream().distinct().count()).isGreaterThan(texts / 2);
    }

    private static String text(String body) {
        return new JsonObject(body).getJsonArray("choices").getJsonObject(0).getString("text");
    }

    /**
     * Behaves at random for as long as that.
     *
     * @param models by which requests may ask, some of which may be gone
     */
    void behave(List<Named> models, SplittableRandom random, BooleanSupplier more) throws IOException {
        while (more.getAsBoolean() && faults.isEmpty()) {
            Named named = models.get(random.nextInt(models.size()));
            String model = named.model();
            List<String> guesses = named.guesses();
            String prompt = PROMPTS.get(random.nextInt(PROMPTS.size()));
            boolean sampled = random.nextBoolean();
            JsonObject body = completion(model, prompt, sampled);
            int method = random.nextInt(GUESSES.size() + guesses.size() + 1);
            if (method > 0) {
                JsonObject speculation = new JsonObject()
                        .put("method", method <= GUESSES.size() ? GUESSES.get(method - 1) : guesses.getFirst());
                body.put("speculation", speculation.put("tokens", 1 + random.nextInt(6)));
            }
            String expected = alone.get(key(model, prompt, sampled));
            switch (random.nextInt(4)) {
                case 0 -> begin("/v1/completions", body.put("stream", true)).disconnect();
                case 1 -> stream(body, null, random.nextInt(LEAVE_WITHIN));
                case 2 -> stream(body, expected, Integer.MAX_VALUE);
                default -> check(body, expected, send("/v1/completions", body));
            }
        }
    }

    private void check(JsonObject asked, @Nullable String expected, Answer answer) {
        if (answer.status() == 404 && asked.getString("model").contains(":")) { // Models themselves are always there.
            missed.incrementAndGet();
        } else if (answer.status() != 200) {
            faults.add(asked + " was answered " + answer);
        } else {
            compare(asked, expected, text(answer.body()));
        }
    }

    private void compare(JsonObject asked, @Nullable String expected, String given) {
        heard.incrementAndGet();
        if (!given.equals(expected)) {
            faults.add(asked + " gave '" + given + "' in place of '" + expected + "'");
        }
    }

    private void stream(JsonObject body, @Nullable String expected, int events) throws IOException {
        HttpURLConnection connection = begin("/v1/completions", body.put("stream", true));
        int status = connection.getResponseCode();
        if (status != 200) {
            try (var in = connection.getErrorStream()) {
                check(body, expected, new Answer(status, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
            }
            return;
        }
        StringBuilder text = new StringBuilder();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            int left = events;
            for (String line = lines.readLine(); line != null && left > 0; line = lines.readLine()) {
                if (line.startsWith("data: {\"error\"")) { // Its head was out when it came to its model.
                    check(body, expected, new Answer(line.contains("model_not_found") ? 404 : 500, line));
                    return;
                }
                if (line.startsWith("data: {")) {
                    text.append(text(line.substring("data: ".length())));
                    left--;
                }
            }
        } finally {
            connection.disconnect();
        }
        if (expected != null) {
            compare(body, expected, text.toString());
        }
    }
}
