package dev.tramontane.app;

import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The server that {@code bench} compares with: what it serves and which fields it takes are asked before anything is measured. */
final class ComparedServer {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int UNPROCESSABLE = 422;

    /** Common ones, so that most are a token to any model. */
    private static final List<String> WORDS = List.of(
            "the house of a small river and its old trees where people walk in the morning to see how light comes over"
                    .split(" ", -1));

    private ComparedServer() {}

    /**
     * Asks it.
     *
     * @param named the model wanted; null for the first that it lists
     * @throws UsageException where it is none
     */
    static LoadTarget of(String url, @Nullable String named, @Nullable String key, IntFunction<String> prompts)
            throws InterruptedException {
        String address = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        LoadTarget plain = new LoadTarget(address, null, key, false, prompts);
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            String model = named == null ? firstModel(client, plain) : named;
            LoadTarget extended = new LoadTarget(address, model, key, true, prompts);
            int status = client.send(extended.completion(-1, new int[0], 1), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            return new LoadTarget(address, model, key, status != BAD_REQUEST && status != UNPROCESSABLE, prompts);
        } catch (IOException silent) {
            throw new UsageException("--against " + url + " does not answer: " + reason(silent), silent);
        } catch (IllegalArgumentException wrong) {
            throw new UsageException("--against must be an address such as http://127.0.0.1:8081, got " + url, wrong);
        }
    }

    private static String reason(IOException silent) {
        return silent.getMessage() == null ? silent.getClass().getSimpleName() : silent.getMessage();
    }

    private static String firstModel(HttpClient client, LoadTarget target) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                target.request("/v1/models").timeout(PATIENCE).GET().build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != OK) {
            throw new UsageException("--against " + target.address() + " answers " + response.statusCode()
                    + " at /v1/models; a key for it stands in " + TopCommand.KEY_VARIABLE
                    + ", a model in --against-model");
        }
        try {
            JsonArray models = new JsonObject(response.body()).getJsonArray("data", new JsonArray());
            if (!models.isEmpty()
                    && models.getValue(0) instanceof JsonObject model
                    && model.getValue("id") instanceof String id) {
                return id;
            }
        } catch (DecodeException | ClassCastException none) {
            throw new UsageException("--against " + target.address() + " has no list of models at /v1/models", none);
        }
        throw new UsageException("--against " + target.address() + " lists no model; name one with --against-model");
    }

    /**
     * Texts of so many tokens at most, by this program's vocabulary: no two begin alike, so that no server finds a part of one computed.
     *
     * @param tokens at least 1
     */
    static IntFunction<String> texts(TextGenerator generator, int tokens) {
        return number -> {
            Random random = new Random(number);
            String text = number + " "
                    + IntStream.range(0, tokens)
                            .mapToObj(i -> WORDS.get(random.nextInt(WORDS.size())))
                            .collect(Collectors.joining(" "));
            int length = length(generator, text);
            while (length > tokens && text.length() > 1) {
                text = text.substring(0, Math.max(1, (int) ((long) text.length() * tokens / (length + 1))));
                length = length(generator, text);
            }
            return text;
        };
    }

    private static int length(TextGenerator generator, String text) {
        int[] ids = generator.tokenize(new Prompt.Text(text), Integer.MAX_VALUE).block();
        return ids == null ? 0 : ids.length;
    }
}
