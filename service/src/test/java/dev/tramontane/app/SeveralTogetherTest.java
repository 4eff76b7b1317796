package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 4 over several models: many requests at once to models that push each other out, to their adapters and with guesses, are
 * answered as each is by a server of its model alone that guesses nothing.
 */
final class SeveralTogetherTest {
    private static final int REQUESTS = 40;
    private static final String ADAPTED =
            Oracle.path("models/mistral-window-16").toString();
    private static final String ROSES = "roses=" + Oracle.path("adapters/trained");
    private static final String HALF = "half=" + Oracle.path("adapters/half");
    private static final List<String> NAMES = List.of("a", "b", "base", "base:roses", "base:half");

    @TempDir
    Path dir;

    private static String name(int i) {
        return NAMES.get(i % NAMES.size());
    }

    /** Prompts of several lengths, samplers, choices, stop words, patterns and log-probabilities. */
    private static JsonObject body(int i, boolean guessing) {
        Random random = new Random(i);
        JsonObject body = new JsonObject()
                .put("model", name(i))
                .put("prompt", "roses are red, number " + i + "; ".repeat(1 + random.nextInt(30)))
                .put("max_tokens", 8 + random.nextInt(30))
                .put("ignore_eos", i % 2 == 0)
                .put("seed", random.nextLong(1L << 53))
                .put("temperature", i % 4 == 0 ? 0 : 0.5 + random.nextInt(10) / 10.0)
                .put("logprobs", 2);
        if (i % 3 == 0) {
            body.put("top_k", 1 + random.nextInt(40)).put("repetition_penalty", 1.2);
        }
        if (i % 7 == 3) {
            body.put("n", 2);
        }
        if (i % 6 == 1) {
            body.put("stop", new JsonArray().add("e"));
        }
        if (i % 8 == 5) {
            body.put("structured_outputs", new JsonObject().put("regex", "[a-m ]{3,20}[.!]"));
        }
        if (guessing && i % 4 != 3) {
            String method = i % 2 == 0 && name(i).startsWith("base") ? "draft_model" : "ngram";
            body.put("speculation", new JsonObject().put("method", method).put("tokens", 1 + i % 7));
        }
        return body;
    }

    /** All that a client hears of what was computed. */
    private static String answer(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonObject answer = new JsonObject(response.body());
        return answer.getJsonArray("choices").encode()
                + answer.getJsonObject("usage").getInteger("completion_tokens");
    }

    private Map<String, String> models() throws Exception {
        Map<String, String> models = new TreeMap<>();
        models.put("a", TinyModel.PLAIN.withSeed(1).writeTo(dir).toString());
        models.put("b", TinyModel.PLAIN.withSeed(2).withWindow(24).writeTo(dir).toString());
        models.put("base", ADAPTED);
        return models;
    }

    private Map<Integer, String> alone() throws Exception {
        Map<Integer, String> answers = new TreeMap<>();
        for (Map.Entry<String, String> model : models().entrySet()) {
            List<String> arguments = new ArrayList<>(
                    List.of("--model", model.getValue(), "--served-model-name", model.getKey(), "--speculate", "off"));
            if (model.getKey().equals("base")) {
                arguments.addAll(List.of("--lora", ROSES + "," + HALF));
            }
            try (SeveralModels server = new SeveralModels(arguments.toArray(String[]::new))) {
                for (int i = 0; i < REQUESTS; i++) {
                    if ((name(i) + ":").startsWith(model.getKey() + ":")) {
                        answers.put(i, answer(server.send(server.post("/v1/completions", body(i, false)))));
                    }
                }
            }
        }
        assertThat(answers.values())
                .as("different requests have different answers")
                .doesNotHaveDuplicates();
        return answers;
    }

    @Test
    void manyAtOnceAnswerAsEachAlone() throws Exception {
        Map<Integer, String> expected = alone();
        List<String> arguments = new ArrayList<>();
        models().forEach((name, path) -> arguments.add(name + "=" + path));
        arguments.addAll(List.of("--lora", "base:" + ROSES + ",base:" + HALF, "--draft-model", "base=" + ADAPTED));
        arguments.addAll(List.of("--cache-memory", "1MiB", "--model-memory", "4MiB", "--load", "none"));
        arguments.addAll(List.of("--max-batch", "3", "--batch-tokens", "24"));
        try (SeveralModels server = new SeveralModels(arguments.toArray(String[]::new))) {
            List<Integer> order = new ArrayList<>(expected.keySet());
            Collections.shuffle(order, new Random(7));
            List<CompletableFuture<HttpResponse<String>>> sent = order.stream()
                    .map(i -> server.sendLater(server.post("/v1/completions", body(i, true))))
                    .toList();
            for (int k = 0; k < sent.size(); k++) {
                int i = order.get(k);
                assertThat(answer(sent.get(k).get())).as("%s", body(i, true)).isEqualTo(expected.get(i));
            }
            String metrics = server.send(server.request("/metrics").build()).body();
            assertThat(HeldByProcess.sum(metrics, "tramontane_models_unloads_total", "reason=\"room\""))
                    .as("pushed out")
                    .isPositive();
            assertThat(HeldByProcess.sum(metrics, "tramontane_guessed_tokens_total", "result=\"accepted\""))
                    .as("guessed")
                    .isPositive();
        }
    }
}
