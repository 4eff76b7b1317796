package dev.tramontane.app;

import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.json.Printable;
import dev.tramontane.model.Sampling;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * One load for two ways in: so many streams at a time, each a prompt of random ids and an answer of a fixed length, greedy,
 * end tokens ignored. Over the engine's text generator, or over HTTP with SSE; what differs between the two is the service.
 *
 * @param streams at a time
 * @param prompt tokens of each
 * @param answer tokens of each
 * @param vocabulary ids to draw prompts from
 */
record StreamLoad(int streams, int prompt, int answer, int vocabulary) {
    private static final int PRIME = 7919;

    /** Characters of another program's words. */
    private static final int MOST_SHOWN = 300;

    /**
     * What a run came to.
     *
     * @param tokens of all answers
     * @param seconds from the first request to the last token
     * @param gaps milliseconds between two events of a stream, of all streams
     * @param firsts milliseconds from a request to its first event, of all streams
     */
    record Run(long tokens, double seconds, double[] gaps, double[] firsts) {
        double rate() {
            return tokens / seconds;
        }
    }

    /** One stream: when it was asked for, tokens that its answer had, and when each event came, in nanoseconds. */
    private record Stream(long asked, long tokens, List<Long> events) {}

    /** Asks for a stream by its number and reads it to its end. */
    @FunctionalInterface
    private interface Client {
        Stream read(int number) throws IOException, InterruptedException;
    }

    /** Through the engine in this process. */
    Run overEngine(TextGenerator generator) throws InterruptedException {
        return run(number -> {
            long asked = System.nanoTime();
            List<Long> events = new ArrayList<>();
            GenerationRequest request = new GenerationRequest(
                    new Prompt.Ids(ids(number)),
                    1,
                    OptionalInt.of(answer),
                    new StopRules(0, List.of(), false, Set.of(), true),
                    Sampling.GREEDY,
                    true,
                    -1,
                    -1);
            Answer stream = Answer.start(generator, request, text -> events.add(System.nanoTime()));
            stream.await();
            long tokens = stream.finished()
                    .map(GenerationEvent.Finished::usage)
                    .map(GenerationEvent.Usage::completionTokens)
                    .orElse(0);
            return new Stream(asked, tokens, events);
        });
    }

    /**
     * Through a server.
     *
     * @param round of runs: none has a prompt of another's, where prompts are texts
     * @throws UncheckedIOException when the service cannot be reached or refuses
     */
    Run overHttp(LoadTarget target, int round) throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            List<HttpRequest> requests = IntStream.range(0, streams)
                    .mapToObj(number -> target.completion(round * streams + number, ids(number), answer))
                    .toList();
            return run(number -> {
                long asked = System.nanoTime();
                HttpResponse<InputStream> response =
                        client.send(requests.get(number), HttpResponse.BodyHandlers.ofInputStream());
                try (BufferedReader lines =
                        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                    if (response.statusCode() != 200) {
                        throw new IOException("the service answers " + response.statusCode() + ": " + beginning(lines));
                    }
                    return read(asked, lines);
                }
            });
        }
    }

    /** Of what another program says, as it may be shown. */
    private static String beginning(BufferedReader lines) throws IOException {
        char[] text = new char[MOST_SHOWN];
        int length = lines.read(text);
        return Printable.of(length <= 0 ? "" : new String(text, 0, length), MOST_SHOWN);
    }

    private static Stream read(long asked, BufferedReader lines) throws IOException {
        List<Long> events = new ArrayList<>();
        long told = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.startsWith("data: {")) {
                continue;
            }
            long now = System.nanoTime();
            JsonObject event = new JsonObject(line.substring("data: ".length()));
            if (event.containsKey("error")) {
                throw new IOException("the service failed: "
                        + Printable.of(
                                String.valueOf(event.getJsonObject("error").getString("message")), MOST_SHOWN));
            }
            JsonArray choices = event.getJsonArray("choices", new JsonArray());
            if (!choices.isEmpty()
                    && !choices.getJsonObject(0).getString("text", "").isEmpty()) {
                events.add(now);
            }
            JsonObject usage = event.getJsonObject("usage");
            told = usage == null ? told : usage.getLong("completion_tokens");
        }
        return new Stream(asked, told == 0 ? events.size() : told, events); // Some servers count nothing.
    }

    /** Every stream has a prompt of its own. */
    private int[] ids(int number) {
        return IntStream.range(0, prompt)
                .map(i -> Math.floorMod((i + number * prompt) * PRIME, vocabulary))
                .toArray();
    }

    private Run run(Client client) throws InterruptedException {
        long start = System.nanoTime();
        List<Future<Stream>> reading = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int number = 0; number < streams; number++) {
                int own = number;
                reading.add(threads.submit(() -> client.read(own)));
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long tokens = 0;
        List<Double> gaps = new ArrayList<>();
        List<Double> firsts = new ArrayList<>();
        for (Future<Stream> each : reading) {
            Stream stream = finished(each);
            tokens += stream.tokens();
            if (!stream.events().isEmpty()) {
                firsts.add((stream.events().getFirst() - stream.asked()) / 1e6);
            }
            for (int i = 1; i < stream.events().size(); i++) {
                gaps.add((stream.events().get(i) - stream.events().get(i - 1)) / 1e6);
            }
        }
        return new Run(tokens, seconds, array(gaps), array(firsts));
    }

    private static double[] array(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Stream finished(Future<Stream> each) throws InterruptedException {
        try {
            return each.get();
        } catch (ExecutionException failed) {
            throw switch (failed.getCause()) {
                case RuntimeException known -> known;
                case IOException broken -> new UncheckedIOException(broken.getMessage(), broken);
                case null, default -> new IllegalStateException("a stream failed", failed);
            };
        }
    }
}
