package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.GgufWriter;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.fixtures.TinyVocabulary;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with Mistral's vocabulary and layout, from the command line to answers over HTTP and WebSocket. */
class MistralServingTest {
    private static final Pattern ADDRESS = Pattern.compile("at (http://\\S+)\\R");
    private static final String WORDS = "[INST] the end</s>";

    @TempDir
    Path dir;

    private final CapturedProgram program = new CapturedProgram();

    private String model() throws IOException {
        Map<String, Consumer<GgufWriter>> parts = TinyModel.PLAIN.parts();
        parts.putAll(TinyVocabulary.mistralParts());
        return TinyModel.assemble(parts)
                .writeTo(dir.resolve("tiny-mistral.gguf"))
                .toString();
    }

    private static JsonObject message(String role, String content) {
        return new JsonObject().put("role", role).put("content", content);
    }

    @Test
    void answersChatsByIdsThatItShows() throws Exception {
        String file = model();
        CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(
                () -> program.run(
                        "serve", "--model", file, "--port", "0", "--threads", "1", "--chat-layout", "mistral-v3"),
                command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher matcher = ADDRESS.matcher(program.shown());
        assertThat(matcher.find()).as("started: %s", running).isTrue();
        String address = matcher.group(1);
        try (HttpClient client = HttpClient.newHttpClient()) {
            JsonArray messages =
                    new JsonArray().add(message("system", "Be brief.")).add(message("user", WORDS));
            JsonObject tokens = post(
                    client,
                    address + "/tokenize",
                    new JsonObject().put("messages", messages).put("return_token_strs", true));
            List<String> spelled = tokens.getJsonArray("token_strs").stream()
                    .map(String::valueOf)
                    .toList();
            assertThat(String.join("", spelled)).isEqualTo("<s>[INST]BeĠbrief.ĊĊ[INST]ĠtheĠend</s>[/INST]");
            // The user's own are spelled letter by letter.
            assertThat(spelled).containsOnlyOnce("<s>", "[INST]", "[/INST]").doesNotContain("</s>");
            assertThat(post(
                                    client,
                                    address + "/detokenize",
                                    new JsonObject().put("tokens", tokens.getJsonArray("tokens")))
                            .getString("prompt"))
                    .isEqualTo("<s>[INST]Be brief.\n\n[INST] the end</s>[/INST]");

            JsonObject chat = post(
                    client,
                    address + "/v1/chat/completions",
                    new JsonObject()
                            .put("messages", messages)
                            .put("max_tokens", 4)
                            .put("ignore_eos", true)
                            .put("temperature", 0)
                            .put("return_token_ids", true));
            assertThat(chat.getJsonArray("prompt_token_ids")).isEqualTo(tokens.getJsonArray("tokens"));
            assertThat(chat.getJsonObject("usage").getInteger("prompt_tokens")).isEqualTo(tokens.getInteger("count"));
            JsonArray answered = chat.getJsonArray("choices").getJsonObject(0).getJsonArray("token_ids");
            assertThat(answered).hasSize(4);

            // The same ids as a plain prompt go the same way.
            JsonObject completion = post(
                    client,
                    address + "/v1/completions",
                    new JsonObject()
                            .put("prompt", tokens.getJsonArray("tokens"))
                            .put("max_tokens", 4)
                            .put("ignore_eos", true)
                            .put("temperature", 0)
                            .put("return_token_ids", true));
            assertThat(completion.getJsonArray("choices").getJsonObject(0).getJsonArray("token_ids"))
                    .isEqualTo(answered);

            JsonObject ended = overSocket(client, address, messages);
            assertThat(ended.getJsonObject("usage").getInteger("input_tokens")).isEqualTo(tokens.getInteger("count"));
            assertThat(ended.getJsonObject("usage").getInteger("output_tokens")).isEqualTo(4);
        }
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
    }

    private static JsonObject post(HttpClient client, String url, JsonObject body)
            throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new JsonObject(response.body());
    }

    /** The response as the socket's last event has it. */
    private static JsonObject overSocket(HttpClient client, String address, JsonArray messages)
            throws InterruptedException {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        StringBuilder part = new StringBuilder();
        WebSocket socket = client.newWebSocketBuilder()
                .buildAsync(
                        URI.create(address.replace("http://", "ws://") + "/v1/responses"), new WebSocket.Listener() {
                            @Override
                            public @Nullable CompletionStage<?> onText(
                                    WebSocket from, CharSequence text, boolean last) {
                                part.append(text);
                                if (last) {
                                    events.add(part.toString());
                                    part.setLength(0);
                                }
                                from.request(1);
                                return null;
                            }
                        })
                .join();
        socket.sendText(
                        new JsonObject()
                                .put("type", "response.create")
                                .put("input", messages)
                                .put("max_output_tokens", 4)
                                .put("ignore_eos", true)
                                .put("temperature", 0)
                                .encode(),
                        true)
                .join();
        while (true) {
            String event = events.poll(3, TimeUnit.MINUTES);
            assertThat(event).as("an event in time").isNotNull();
            JsonObject json = new JsonObject(event);
            if (List.of("response.incomplete", "response.completed", "response.failed", "error")
                    .contains(json.getString("type"))) {
                assertThat(json.getString("type")).as(event).isEqualTo("response.incomplete");
                socket.abort();
                return json.getJsonObject("response");
            }
        }
    }

    @Test
    void aLayoutThatDoesNotFitIsRefusedAtTheStart() throws Exception {
        Outcome refused = program.run("serve", "--model", model(), "--port", "0", "--chat-layout", "mistral-v11");
        assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .hasLineCount(1)
                .startsWith(
                        "tramontane: --chat-layout mistral-v11 does not fit this model: The layout mistral-v11 needs"
                                + " control tokens that the vocabulary lacks: [ARGS], [CALL_ID].");
        assertThat(refused.out()).isEmpty();
    }

    @Test
    void inspectSaysWhichLayoutAndWhy() throws Exception {
        String file = model();
        assertThat(new CapturedProgram().run("inspect", file).out())
                .containsPattern(
                        "chat layout +template, because the model's files hold one; it does not show tools\\R");
        assertThat(new CapturedProgram()
                        .run("inspect", file, "--chat-layout", "mistral-v7")
                        .out())
                .containsPattern("chat layout +mistral-v7, because --chat-layout says so\\R");
    }
}
