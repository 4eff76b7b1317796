package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.replay.ReplayLimits;
import dev.tramontane.api.responses.ResponseStore;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import dev.tramontane.model.CacheType;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams of chats and completions that one server could not finish and another one does: what a client joins is, chunk for chunk,
 * what it would have had of one server.
 */
class HandedOverStreamsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String FILL = "/v1/fim/completions";
    private static final List<String> FILLS = List.of("<s>", "</s>", "[TURN]", "[PREFIX]", "[SUFFIX]");
    private static final String COMPLETIONS = "/v1/completions";
    private static final String WISH = "X-Resume-Time: 30\r\n";
    private static final int MODEL = 1;
    private static final long SEED = 1000;
    private static final String[] ANSWERS = {"Grüße, 👩‍🚀!", "Und noch eine."};
    private static final EngineConfig ENGINE = new EngineConfig(
            new EngineConfig.Step(4, 32, 32),
            new EngineConfig.Cache(16, CacheType.F32, 64 << 20),
            new EngineConfig.Admission(16, 1024, 4, 64, 1 << 20));

    @TempDir
    private Path answers;

    private final List<TestService> services = new ArrayList<>();

    @AfterEach
    void stop() {
        services.forEach(TestService::close);
    }

    private TestService sharing(TestService service) {
        services.add(service);
        return service.sharing(answers, MODEL);
    }

    private TestService scripted(ScriptedEngine engine, boolean stepping, Doorkeeper doorkeeper) {
        return sharing(TestService.keeping(
                engine, stepping, doorkeeper, ReplayLimits.DEFAULT, new ResponseStore(1 << 24, Duration.ofHours(1))));
    }

    private TestService scripted(ScriptedEngine engine, boolean stepping) {
        return scripted(engine, stepping, Doorkeeper.OPEN);
    }

    private static ScriptedEngine answering() {
        return ScriptedEngine.seeded(SEED, ANSWERS);
    }

    private static String body(String path, JsonObject more) {
        JsonObject all = JsonObject.of("stream", true, "request_id", "mine", "max_tokens", 100, "seed", SEED)
                .mergeIn(more);
        return (path.equals(CHAT) ? TestService.chatBody(all) : TestService.body("hi", all)).encode();
    }

    private static String post(String path, String body, String headers) {
        return RawClient.post(path, body).replaceFirst("\r\n", "\r\n" + headers);
    }

    /** Reads until there are so many events or no more. */
    private static List<NumberedEvents> readTo(RawClient client, int events) throws IOException {
        StringBuilder body = new StringBuilder();
        List<NumberedEvents> read = List.of();
        while (read.size() < events) {
            byte[] chunk = client.chunk();
            if (chunk.length == 0) {
                break;
            }
            body.append(new String(chunk, StandardCharsets.UTF_8));
            read = NumberedEvents.of(body.toString());
        }
        return read;
    }

    private static RawClient.Answer answer(TestService service, String request) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            return client.send(request).answer();
        }
    }

    private static List<NumberedEvents> resumed(TestService service, String path, String body, String after)
            throws IOException {
        RawClient.Answer rest = answer(service, post(path, body, "Last-Event-ID: " + after + "\r\n"));
        assertThat(rest.status()).as(rest.body()).isEqualTo(200);
        return NumberedEvents.of(rest.body());
    }

    /** What is left when the last two events are the notice and the end; returns where to go on. */
    private static String notice(List<NumberedEvents> events) {
        assertThat(events.removeLast().data()).isEqualTo("[DONE]");
        NumberedEvents last = events.removeLast();
        JsonObject error = last.json().getJsonObject("error");
        assertThat(error).as(last.data()).isNotNull();
        assertThat(error.getString("code")).isEqualTo("draining");
        String after = error.getJsonObject("resume").getString("last_event_id");
        assertThat(last.id())
                .as("a client that keeps ids goes on after what it has")
                .isEqualTo(after);
        return after;
    }

    /** The chunks of each choice, then what belongs to none. */
    private static Map<Integer, List<String>> byChoice(List<NumberedEvents> events) {
        Map<Integer, List<String>> chunks = new TreeMap<>();
        for (NumberedEvents event : events) {
            JsonArray choices = event.data().equals("[DONE]")
                    ? new JsonArray()
                    : event.json().getJsonArray("choices");
            int index = choices.isEmpty() ? 999 : choices.getJsonObject(0).getInteger("index");
            chunks.computeIfAbsent(index, first -> new ArrayList<>()).add(event.data());
        }
        return chunks;
    }

    private static void isWhole(List<NumberedEvents> events, List<NumberedEvents> uncut, String when) {
        assertThat(events.stream().map(NumberedEvents::id)).as(when).doesNotHaveDuplicates();
        Map<Integer, List<String>> had = byChoice(events);
        Map<Integer, List<String>> wanted = byChoice(uncut);
        assertThat(had.keySet()).as(when).isEqualTo(wanted.keySet());
        wanted.forEach((index, chunks) -> {
            for (int i = 0; i < Math.min(chunks.size(), had.get(index).size()); i++) {
                assertThat(had.get(index).get(i))
                        .as("%s, choice %d, chunk %d", when, index, i)
                        .isEqualTo(chunks.get(i));
            }
            assertThat(had.get(index).size())
                    .as("%s, chunks of choice %d", when, index)
                    .isEqualTo(chunks.size());
        });
    }

    private static List<NumberedEvents> whole(TestService service, String path, String body) throws IOException {
        RawClient.Answer whole = answer(service, post(path, body, WISH));
        assertThat(whole.status()).as(whole.body()).isEqualTo(200);
        return NumberedEvents.of(whole.body());
    }

    /** Has the engine take so many steps, which may be more than it has, and the server leave. */
    private List<NumberedEvents> cut(TestService leaving, ScriptedEngine engine, String path, String body, int steps)
            throws IOException {
        try (RawClient client = new RawClient(leaving.port)) {
            client.send(post(path, body, WISH));
            CompletableFuture<List<NumberedEvents>> events = CompletableFuture.supplyAsync(() -> all(client));
            TestService.eventually().until(() -> !engine.runs.isEmpty());
            for (int i = 0; i < steps; i++) {
                TestService.eventually().until(engine::step);
            }
            // The engine's word is not yet the answer's: what is not told yet is generated again.
            assertThat(leaving.leave()).isEqualTo(1);
            return events.join();
        }
    }

    private static List<NumberedEvents> all(RawClient client) {
        try {
            assertThat(client.head()).contains("200 ok");
            return new ArrayList<>(readTo(client, Integer.MAX_VALUE));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(answers)) {
            return all.toList();
        }
    }

    private void nothingIsLeft() {
        TestService.eventually().untilAsserted(() -> assertThat(files()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, COMPLETIONS})
    void aStreamCutAfterAnyTokenGoesOnElsewhere(String path) throws IOException {
        JsonObject usage = JsonObject.of("include_usage", true, "continuous_usage_stats", true);
        String body = body(
                path,
                JsonObject.of(
                        "n",
                        2,
                        "stream_options",
                        usage,
                        "return_token_ids",
                        true,
                        "logprobs",
                        path.equals(CHAT) ? true : 2));
        List<NumberedEvents> uncut = whole(scripted(answering(), true), path, body);
        for (int steps : new int[] {0, 1, 2, 3, 5, 8, 14, 15, 16, 21}) { // Within characters; one of the two has ended.
            ScriptedEngine first = answering();
            List<NumberedEvents> events = cut(scripted(first, false), first, path, body, steps);
            String after = notice(events);
            ScriptedEngine second = answering();
            events.addAll(resumed(scripted(second, true), path, body, after));
            isWhole(events, uncut, "cut after " + steps + " steps");
            nothingIsLeft();
        }
    }

    @Test
    void promptsThatHadNoPlaceYetGetOne() throws IOException {
        JsonArray prompts = new JsonArray();
        for (int i = 0; i < 20; i++) { // More than are computed at a time.
            prompts.add(i % 2 == 0 ? "prompt " + i : new JsonArray(List.of(65, 66, 67 + i)));
        }
        String body = body(COMPLETIONS, JsonObject.of("prompt", prompts, "echo", true, "logprobs", 1));
        List<NumberedEvents> uncut = whole(scripted(answering(), true), COMPLETIONS, body);
        for (int steps : new int[] {0, 1, 3, 16}) {
            ScriptedEngine first = answering();
            List<NumberedEvents> events = cut(scripted(first, false), first, COMPLETIONS, body, steps);
            String after = notice(events);
            events.addAll(resumed(scripted(answering(), true), COMPLETIONS, body, after));
            isWhole(events, uncut, "cut after " + steps + " steps");
        }
        nothingIsLeft();
    }

    private TestService computing(FakeModel model) {
        return sharing(TestService.on(model, ENGINE, TestService.CONFIG));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"temperature\": 0}",
                "{\"temperature\": 1.3, \"seed\": 7, \"n\": 3, \"frequency_penalty\": 0.9, \"presence_penalty\": 0.5}",
                "{\"temperature\": 1.1, \"seed\": 9, \"guided_regex\": \"[a-f]{20}(xy|yz){12}\"}"
            })
    void whatIsSampledGoesOnAsItWould(String more) throws IOException {
        String body = body(CHAT, new JsonObject(more).put("max_tokens", 50));
        List<NumberedEvents> uncut = whole(computing(FakeModel.of(ByteTokenizer.SIZE, 0, 24)), CHAT, body);
        for (int steps : new int[] {2, 9, 31}) {
            FakeModel model = FakeModel.of(ByteTokenizer.SIZE, 0, 24);
            TestService leaving = computing(model);
            model.gate(new Semaphore(steps));
            List<NumberedEvents> events;
            try (RawClient client = new RawClient(leaving.port)) {
                client.send(post(CHAT, body, WISH));
                assertThat(client.head()).contains("200 ok");
                assertThat(leaving.leave()).isEqualTo(1);
                events = new ArrayList<>(readTo(client, Integer.MAX_VALUE));
            }
            model.gate(null);
            String after = notice(events);
            events.addAll(resumed(computing(FakeModel.of(ByteTokenizer.SIZE, 0, 24)), CHAT, body, after));
            isWhole(events, uncut, "cut after " + steps + " steps");
        }
        nothingIsLeft();
    }

    @Test
    void callsGoOnAsCalls() throws IOException {
        List<String> controls = List.of(
                "<s>",
                "</s>",
                "[INST]",
                "[/INST]",
                "[AVAILABLE_TOOLS]",
                "[/AVAILABLE_TOOLS]",
                "[TOOL_RESULTS]",
                "[/TOOL_RESULTS]",
                "[TOOL_CALLS]");
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("gpt-2", controls));
        int[] text = tokenizer.encode(
                "[{\"name\": \"weather\", \"arguments\": {\"city\": \"Orléans\"}}, {\"name\": \"now\", \"arguments\": {}}]");
        int[] ids = new int[text.length + 2];
        ids[0] = tokenizer.controlId("[TOOL_CALLS]").orElseThrow();
        System.arraycopy(text, 0, ids, 1, text.length);
        ids[ids.length - 1] = tokenizer.controlId("</s>").orElseThrow();
        Supplier<ScriptedEngine> engine = () -> {
            ScriptedEngine plays = new ScriptedEngine(at -> ids[Math.min(at, ids.length - 1)]);
            plays.vocabulary = 256 + controls.size();
            return plays;
        };
        String body = body(CHAT, new JsonObject("""
                {"max_tokens": 200, "tools": [{"type": "function", "function": {"name": "weather",
                  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}},
                 {"type": "function", "function": {"name": "now", "parameters": {}}}]}"""));
        MistralLayout layout = MistralLayout.of(MistralVersion.V3_TEKKEN);
        List<NumberedEvents> uncut =
                whole(sharing(TestService.running(engine.get(), tokenizer, layout, TestService.CONFIG)), CHAT, body);
        assertThat(uncut.get(uncut.size() - 2).data()).contains("\"finish_reason\":\"tool_calls\"");
        for (int steps : new int[] {0, 1, 12, 20, 40, 60, ids.length - 1}) {
            ScriptedEngine first = engine.get();
            TestService leaving = sharing(TestService.stepped(first, tokenizer, layout));
            List<NumberedEvents> events = cut(leaving, first, CHAT, body, steps);
            String after = notice(events);
            TestService next = sharing(TestService.running(engine.get(), tokenizer, layout, TestService.CONFIG));
            events.addAll(resumed(next, CHAT, body, after));
            isWhole(events, uncut, "cut after " + steps + " steps");
        }
        nothingIsLeft();
    }

    @Test
    void aSecondEndHandsItOnAgain() throws IOException {
        String body = body(CHAT, JsonObject.of("n", 2));
        List<NumberedEvents> uncut = whole(scripted(answering(), true), CHAT, body);
        ScriptedEngine first = answering();
        List<NumberedEvents> events = cut(scripted(first, false), first, CHAT, body, 3);
        String after = notice(events);
        ScriptedEngine second = answering();
        TestService middle = scripted(second, false);
        try (RawClient client = new RawClient(middle.port)) {
            client.send(post(CHAT, body, "Last-Event-ID: " + after + "\r\n"));
            TestService.eventually().until(() -> second.runs.size() == 2);
            for (int i = 0; i < 4; i++) {
                TestService.eventually().until(second::step);
            }
            assertThat(client.head()).contains("200 ok");
            readTo(client, 1); // It has been taken; what else there is comes after it.
            assertThat(middle.leave()).isEqualTo(1);
        }
        events.addAll(resumed(scripted(answering(), true), CHAT, body, after));
        isWhole(events, uncut, "handed on twice");
        nothingIsLeft();
    }

    @Test
    void theTailOfOneThatHasEndedIsThere() throws IOException {
        String body = body(CHAT, new JsonObject());
        TestService leaving = scripted(answering(), true);
        List<NumberedEvents> uncut = whole(leaving, CHAT, body);
        assertThat(leaving.leave()).isZero();
        TestService next = scripted(answering(), true);
        assertThat(resumed(next, CHAT, body, uncut.get(2).id())).isEqualTo(uncut.subList(3, uncut.size()));
        nothingIsLeft();
    }

    private String left(Doorkeeper doorkeeper, String headers) throws IOException {
        ScriptedEngine engine = answering();
        TestService leaving = scripted(engine, false, doorkeeper);
        try (RawClient client = new RawClient(leaving.port)) {
            client.send(post(CHAT, body(CHAT, new JsonObject()), headers + WISH));
            TestService.eventually().until(() -> !engine.runs.isEmpty());
            TestService.eventually().until(engine::step);
            leaving.leave();
            client.head();
            List<NumberedEvents> events = new ArrayList<>(readTo(client, Integer.MAX_VALUE));
            return notice(events);
        }
    }

    private static void isRefused(TestService service, String path, String headers, int status, @Nullable String code)
            throws IOException {
        RawClient.Answer refused = answer(service, post(path, body(path, new JsonObject()), headers));
        assertThat(refused.status()).as(refused.body()).isEqualTo(status);
        assertThat(refused.json().getJsonObject("error").getString("code")).isEqualTo(code);
    }

    @Test
    void itIsWhoseItWasAndWhereItWas() throws IOException {
        String mine = SecretKey.make(new SecureRandom());
        String yours = SecretKey.make(new SecureRandom());
        KeyRing ring = new KeyRing(
                List.of(
                        new KeyEntry("mine", SecretKey.hash(mine), KeyLimits.NONE),
                        new KeyEntry("yours", SecretKey.hash(yours), KeyLimits.NONE)),
                System::nanoTime);
        Doorkeeper keeper = Doorkeeper.of(ring, KeyObserver.NONE);
        String resuming = "Last-Event-ID: " + left(keeper, "Authorization: Bearer " + mine + "\r\n") + "\r\n";
        TestService next = scripted(answering(), true, keeper);
        isRefused(next, CHAT, "Authorization: Bearer " + yours + "\r\n" + resuming, 404, "answer_not_found");
        isRefused(next, COMPLETIONS, "Authorization: Bearer " + mine + "\r\n" + resuming, 404, "answer_not_found");
        assertThat(files()).hasSize(1);
        RawClient.Answer rest = answer(
                next, post(CHAT, body(CHAT, new JsonObject()), "Authorization: Bearer " + mine + "\r\n" + resuming));
        assertThat(rest.status()).isEqualTo(200);
        nothingIsLeft();
    }

    @Test
    void whatTheEngineRefusesIsGivenBack() throws IOException {
        String resuming = "Last-Event-ID: " + left(Doorkeeper.OPEN, "") + "\r\n";
        ScriptedEngine full = answering();
        full.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 3));
        TestService busy = scripted(full, true);
        isRefused(busy, CHAT, resuming, 429, "rate_limit_exceeded");
        TestService.eventually().until(() -> busy.memory.held() == 0);
        TestService next = scripted(answering(), true);
        assertThat(answer(next, post(CHAT, body(CHAT, new JsonObject()), resuming))
                        .status())
                .isEqualTo(200);
        nothingIsLeft();
    }

    /** The server that began it allowed more; another one like it goes on. */
    @Test
    void whatThisServersLimitsRefuseIsAnothers() throws IOException {
        ScriptedEngine first = answering();
        String body = body(CHAT, JsonObject.of("n", 2));
        String after = notice(cut(scripted(first, false), first, CHAT, body, 3));
        TestService narrow = sharing(TestService.running(answering(), allowing(1)));
        RawClient.Answer refused = answer(narrow, post(CHAT, body, "Last-Event-ID: " + after + "\r\n"));
        assertThat(refused.status()).as(refused.body()).isEqualTo(404);
        JsonObject error = refused.json().getJsonObject("error");
        assertThat(error.getString("code")).isEqualTo("answer_of_other_settings");
        assertThat(error.getString("message")).contains("n must be");
        assertThat(error.getString("param")).isNull();
        assertThat(files()).hasSize(1);
        assertThat(resumed(scripted(answering(), true), CHAT, body, after)).isNotEmpty();
        nothingIsLeft();
    }

    private static ApiConfig allowing(int choices) {
        ApiConfig usual = TestService.CONFIG;
        RequestLimits limits = usual.requests();
        return new ApiConfig(
                usual.host(),
                usual.port(),
                usual.eventLoops(),
                usual.transport(),
                usual.sockets(),
                new RequestLimits(
                        choices,
                        limits.prompts(),
                        limits.parallelPrompts(),
                        limits.stopStrings(),
                        limits.stopCharacters(),
                        limits.biases(),
                        limits.messages(),
                        limits.tokens()),
                usual.heartbeat(),
                usual.lookAhead(),
                usual.allowed(),
                usual.templateVariables(),
                usual.ignoreUnknown(),
                usual.fingerprint());
    }

    /** Ids that clients choose are each of their path, here and in files. */
    @Test
    void aChatAndAFillOfTheSameNameDoNotMeet() throws IOException {
        String fill = JsonObject.of("prompt", "hi", "stream", true, "request_id", "mine", "seed", SEED)
                .encode();
        String chat = body(CHAT, new JsonObject());
        List<NumberedEvents> uncut = whole(filling(answering(), true), FILL, fill);
        List<NumberedEvents> uncutChat = whole(filling(answering(), true), CHAT, chat);
        ScriptedEngine first = answering();
        TestService leaving = filling(first, false);
        try (RawClient one = new RawClient(leaving.port);
                RawClient other = new RawClient(leaving.port)) {
            one.send(post(CHAT, chat, WISH));
            TestService.eventually().until(() -> first.runs.size() == 1);
            other.send(post(FILL, fill, WISH));
            TestService.eventually().until(() -> first.runs.size() == 2);
            TestService.eventually().until(first::step);
            assertThat(leaving.leave()).isEqualTo(2);
            List<NumberedEvents> chats = all(one);
            List<NumberedEvents> fills = all(other);
            assertThat(files()).hasSize(2);
            String ofChat = notice(chats);
            String ofFill = notice(fills);
            TestService next = filling(answering(), true);
            fills.addAll(resumed(next, FILL, fill, ofFill));
            isWhole(fills, uncut, "the fill");
            chats.addAll(resumed(next, CHAT, chat, ofChat));
            isWhole(chats, uncutChat, "the chat");
            nothingIsLeft();
        }
    }

    private TestService filling(ScriptedEngine engine, boolean stepping) {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("gpt-2", FILLS));
        engine.vocabulary = tokenizer.size();
        return sharing(TestService.keeping(
                engine,
                stepping,
                tokenizer,
                new SimpleLayout(),
                ReplayLimits.DEFAULT,
                new ResponseStore(1 << 24, Duration.ofHours(1))));
    }

    @Test
    void whatIsDamagedIsNamedAndRemoved() throws IOException {
        String resuming = "Last-Event-ID: " + left(Doorkeeper.OPEN, "") + "\r\n";
        Path file = files().getFirst();
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        TestService next = scripted(answering(), true);
        isRefused(next, CHAT, resuming, 410, "answer_damaged");
        nothingIsLeft();
        isRefused(next, CHAT, resuming, 404, "answer_not_found");
    }

    @Test
    void withoutADirectoryAStreamEndsWithItsServer() throws IOException {
        ScriptedEngine engine = answering();
        TestService alone = TestService.keeping(
                engine, false, Doorkeeper.OPEN, ReplayLimits.DEFAULT, new ResponseStore(1 << 24, Duration.ofHours(1)));
        services.add(alone);
        try (RawClient client = new RawClient(alone.port)) {
            client.send(post(CHAT, body(CHAT, new JsonObject()), WISH));
            TestService.eventually().until(() -> !engine.runs.isEmpty());
            assertThat(alone.leave()).isZero();
            TestService.eventually().until(engine::step);
            assertThat(client.head()).contains("200 ok");
        }
    }
}
