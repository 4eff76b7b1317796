package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.engine.Engine;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.TinyVocabulary;
import dev.tramontane.model.CacheType;
import dev.tramontane.tokenizer.Tokenizer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What goes on from an answer begins with the tokens as they were computed: a model need not sample those that the encoder
 * would choose for the same text, and the cache has the ones that it sampled.
 */
class ContinuedTokensTest {
    private static final Tokenizer TOKENIZER = TinyVocabulary.tokenizer();

    /** ChatML. */
    private static final ChatLayout LAYOUT = conversation -> {
        List<ChatPrompt.Piece> pieces = new ArrayList<>();
        conversation.messages().forEach(message -> {
            pieces.add(new ChatPrompt.Stretch("<|im_start|>" + message.get("role") + "\n", true));
            pieces.add(new ChatPrompt.Stretch(String.valueOf(message.get("content")), false));
            pieces.add(new ChatPrompt.Stretch("<|im_end|>\n", true));
        });
        pieces.add(new ChatPrompt.Stretch("<|im_start|>assistant\n", true));
        return new ChatPrompt(pieces);
    };

    private static Served served(Engine engine) {
        return new Served(engine, Served.config(), TOKENIZER, LAYOUT);
    }

    private static JsonObject create(boolean store) {
        return JsonObject.of("type", "response.create", "input", "the other hen", "store", store);
    }

    private static JsonObject steer(String id) {
        return JsonObject.of("type", "response.steer", "previous_response_id", id, "input", "and now?");
    }

    private static String id(JsonObject event) {
        return event.getJsonObject("response").getString("id");
    }

    private static String text(JsonObject last) {
        return last.getJsonObject("response")
                .getJsonArray("output")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    private static int[] bytes(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return IntStream.range(0, bytes.length)
                .map(i -> TinyVocabulary.FIRST_BYTE + (bytes[i] & 0xff))
                .toArray();
    }

    private static int[] join(int[] one, int[] other) {
        return IntStream.concat(Arrays.stream(one), Arrays.stream(other)).toArray();
    }

    /** Reads so many pieces of text. */
    private static void read(RawSocket socket, int deltas) throws IOException {
        for (int read = 0; read < deltas; ) {
            read += socket.event().getString("type").equals("response.output_text.delta") ? 1 : 0;
        }
    }

    @Test
    void aSuccessorsPromptBeginsWithWhatItsPredecessorComputed() throws Exception {
        int[] sampled = bytes("the hen and the other hen in the end");
        ScriptedEngine engine = new ScriptedEngine(at -> sampled[at]);
        try (Served served = served(engine);
                RawSocket socket = RawSocket.open(served.port)) {
            socket.send(create(false));
            String first = id(socket.event());
            Awaitility.await()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        engine.step();
                        return engine.runs.getFirst().sampled() >= 12;
                    });
            read(socket, 12);
            socket.send(steer(first));
            String said = text(socket.response().getLast());
            assertThat(said).startsWith("the hen and ");
            Awaitility.await().until(() -> engine.runs.size() == 2);
            int[] computed = join(engine.runs.getFirst().submission.prompt(), bytes(said));
            int[] prompt = engine.runs.getLast().submission.prompt();
            assertThat(prompt).startsWith(computed);
            assertThat(Arrays.stream(prompt)
                            .skip(computed.length)
                            .mapToObj(TOKENIZER::piece)
                            .reduce("", String::concat))
                    .isEqualTo("<|im_end|>Ċ<|im_start|>userĊandĠnow?<|im_end|>Ċ<|im_start|>assistantĊ");
        }
    }

    private static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 32, 32),
            new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
            new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20));

    private static EngineLoop engine() {
        EngineLoop loop = new EngineLoop(
                FakeModel.of(TinyVocabulary.size(), 0, 24), ENGINE, EngineObserver.NONE, System::nanoTime);
        loop.start();
        return loop;
    }

    /** Only letters and blanks, which the encoder joins. */
    private static final JsonArray LETTERS = new JsonArray(
            Arrays.stream(bytes(" thenad")).boxed().map(Object.class::cast).toList());

    /** Of the whole prompt of an answer that goes on from this one's, the part that was there. */
    private static void assertAllIsFound(JsonObject before, JsonObject after) {
        JsonObject usage = before.getJsonObject("response").getJsonObject("usage");
        String said = text(before);
        int tokens = usage.getInteger("output_tokens");
        assertThat(tokens).isEqualTo(said.length());
        assertThat(TOKENIZER.encode(said).length).as(said).isLessThan(tokens);
        // The token sampled last is in no cache where no other was sampled after it.
        assertThat(after.getJsonObject("response")
                        .getJsonObject("usage")
                        .getJsonObject("input_tokens_details")
                        .getInteger("cached_tokens"))
                .isBetween(usage.getInteger("input_tokens") + tokens - 1, usage.getInteger("input_tokens") + tokens);
    }

    @Test
    void theCacheHasAllOfASteeredAnswer() throws Exception {
        try (Served served = served(engine());
                RawSocket socket = RawSocket.open(served.port)) {
            // Held back by its credits, it cannot have ended before it is steered.
            socket.send(create(false)
                    .put("temperature", 1)
                    .put("seed", 5)
                    .put("allowed_token_ids", LETTERS)
                    .put("max_output_tokens", 60)
                    .put("demand", 54));
            String first = id(socket.event());
            read(socket, 50);
            socket.send(steer(first));
            socket.send(JsonObject.of("type", "response.demand", "response_id", first, "events", 1000));
            JsonObject before = socket.response().getLast();
            assertThat(before.getJsonObject("response").getJsonObject("incomplete_details"))
                    .isEqualTo(JsonObject.of("reason", "steered"));
            String successor = id(socket.event());
            socket.send(JsonObject.of("type", "response.demand", "response_id", successor, "events", 1000));
            assertAllIsFound(before, socket.response().getLast());
        }
    }

    @Test
    void theCacheHasAllOfThePreviousResponse() throws Exception {
        for (boolean store : List.of(false, true)) {
            try (Served served = served(engine());
                    RawSocket socket = RawSocket.open(served.port)) {
                JsonObject create = create(store)
                        .put("temperature", 1)
                        .put("seed", 5)
                        .put("allowed_token_ids", LETTERS)
                        .put("max_output_tokens", 40);
                socket.send(create);
                JsonObject first = socket.response().getLast();
                JsonObject next = create.copy().put("input", "and now?");
                socket.send(next.put("previous_response_id", id(first)));
                JsonObject second = socket.response().getLast();
                assertAllIsFound(first, second);
                socket.send(next.put("previous_response_id", id(second)));
                assertAllIsFound(second, socket.response().getLast());
            }
        }
    }
}
