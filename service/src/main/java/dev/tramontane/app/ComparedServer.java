package dev.tramontane.app;

import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.top.ServerWatch;
import dev.tramontane.top.UnreachableException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The server that {@code bench} compares with: what it serves and which fields it takes are asked before anything is measured. */
final class ComparedServer {
    /** For one token of an answer: a model may have to be loaded first. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration CONNECTING = Duration.ofSeconds(10);
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
     * @param url as {@link TopCommand#base} gives it
     * @param named the model wanted; null for the first that it lists
     * @return the server, with prompts of one word
     * @throws UsageException where it is none
     */
    static LoadTarget of(String url, @Nullable String named, @Nullable String key) throws InterruptedException {
        String model = named == null ? firstModel(url, key) : named;
        IntFunction<String> word = number -> WORDS.getFirst();
        int status = status(new LoadTarget(url, model, key, true, word));
        return new LoadTarget(url, model, key, status != BAD_REQUEST && status != UNPROCESSABLE, word);
    }

    /** What it says to the shortest answer. An answer that stands still ends with the client. */
    private static int status(LoadTarget target) throws InterruptedException {
        HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECTING).build();
        try {
            return client.sendAsync(target.completion(-1, new int[0], 1), HttpResponse.BodyHandlers.discarding())
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .statusCode();
        } catch (TimeoutException late) {
            throw new UsageException(
                    "--against " + target.address() + " did not answer within " + PATIENCE.toSeconds() + " s", late);
        } catch (ExecutionException silent) {
            Throwable why = silent.getCause() == null ? silent : silent.getCause();
            String reason = why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage();
            throw new UsageException("--against " + target.address() + " does not answer: " + reason, why);
        } finally {
            client.shutdownNow();
        }
    }

    private static String firstModel(String url, @Nullable String key) throws InterruptedException {
        try (ServerWatch watch =
                new ServerWatch(new ServerWatch.Place(URI.create(url), null, key), null, System::nanoTime)) {
            return watch.names().stream()
                    .findFirst()
                    .orElseThrow(() ->
                            new UsageException("--against " + url + " lists no model; name one with --against-model"));
        } catch (UnreachableException wrong) {
            throw new UsageException(
                    "--against " + url + ": " + wrong.getMessage() + "; --against-model names a model without asking",
                    wrong);
        }
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
