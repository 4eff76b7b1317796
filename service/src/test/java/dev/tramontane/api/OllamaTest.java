package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.model.SamplingParameter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ollama's API: what its routes answer, in one piece and in lines, and what they refuse. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OllamaTest {
    private static final String GENERATE = "/api/generate";
    private static final String CHAT = "/api/chat";

    private final ScriptedEngine engine = new ScriptedEngine("Grüße!");
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.running(engine, TestService.CONFIG);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private static JsonObject asked(String more) {
        return new JsonObject("{\"model\": \"" + TestService.MODEL + "\", " + more + "}");
    }

    private TestService.Reply generate(String more) {
        return service.post(GENERATE, asked(more).encode());
    }

    private TestService.Reply chat(String more) {
        return service.post(CHAT, asked(more).encode());
    }

    private static void isEnd(JsonObject last, String reason, int prompt, int answer) {
        assertThat(last.getString("model")).isEqualTo(TestService.MODEL);
        assertThat(last.getString("created_at"))
                .isEqualTo(Instant.ofEpochSecond(TestService.NOW).toString());
        assertThat(last.getBoolean("done")).isTrue();
        assertThat(last.getString("done_reason")).isEqualTo(reason);
        assertThat(last.getInteger("prompt_eval_count")).isEqualTo(prompt);
        assertThat(last.getInteger("eval_count")).isEqualTo(answer);
        long parts = last.getLong("prompt_eval_duration") + last.getLong("eval_duration");
        assertThat(last.getLong("prompt_eval_duration")).isPositive();
        assertThat(last.getLong("eval_duration")).isPositive();
        assertThat(last.getLong("load_duration")).isZero();
        assertThat(last.getLong("total_duration")).isGreaterThan(parts);
    }

    /** A path is one however it is spelled; curl's type is taken at each. */
    @ParameterizedTest
    @ValueSource(strings = {"/api/chat/", "//api/chat", "/api//chat", "/%61pi/chat", "/x/../api/chat", "/api", "/api/"})
    void itsShapeIsOfEverySpelling(String path) throws IOException {
        String request = RawClient.post(path, "{\"model\": 5}")
                .replaceFirst("(?i)content-type: application/json", "Content-Type: application/x-www-form-urlencoded");
        try (RawClient client = new RawClient(service.port)) {
            RawClient.Answer answer = client.send(request).answer();
            assertThat(answer.status()).as(answer.body()).isIn(400, 404);
            assertThat(answer.json().getValue("error")).as(path).isInstanceOf(String.class);
        }
    }

    @Test
    void generateStreamsUnlessItIsToldNotTo() {
        List<JsonObject> lines = JsonLines.of(generate("\"prompt\": \"hi\", \"raw\": true"));
        assertThat(lines.size()).isGreaterThan(2);
        assertThat(JsonLines.joined(lines, "response")).isEqualTo("Grüße!");
        assertThat(lines.getFirst().fieldNames()).containsExactlyInAnyOrder("model", "created_at", "response", "done");
        isEnd(lines.getLast(), "stop", 2, 9); // Bytes, and the end.
        TestService.Reply whole = generate("\"prompt\": \"hi\", \"raw\": true, \"stream\": false");
        assertThat(whole.header("content-type")).startsWith("application/json");
        assertThat(whole.json().getString("response")).isEqualTo("Grüße!");
        isEnd(whole.json(), "stop", 2, 9);
    }

    @Test
    void aPromptIsWhatTheUserSays() {
        generate("\"prompt\": \"hi\", \"system\": \"Be brief.\"");
        assertThat(service.layout.last.messages())
                .containsExactly(
                        Map.of("role", "system", "content", "Be brief."), Map.of("role", "user", "content", "hi"));
        generate("\"prompt\": \"hi\", \"system\": \"\", \"template\": \"\", \"suffix\": \"\", \"context\": [],"
                + " \"images\": [], \"format\": \"\"");
        assertThat(service.layout.last.messages()).containsExactly(Map.of("role", "user", "content", "hi"));
    }

    @Test
    void chatAnswersAMessage() {
        String messages = "\"messages\": [{\"role\": \"User\", \"content\": \"hi\"}]";
        List<JsonObject> lines = JsonLines.of(chat(messages));
        assertThat(JsonLines.said(lines, "content")).isEqualTo("Grüße!");
        assertThat(lines.getFirst().getJsonObject("message").getString("role")).isEqualTo("assistant");
        JsonObject whole = chat(messages + ", \"stream\": false").json();
        assertThat(whole.getJsonObject("message"))
                .isEqualTo(new JsonObject("{\"role\": \"assistant\", \"content\": \"Grüße!\"}"));
        isEnd(whole, "stop", lines.getLast().getInteger("prompt_eval_count"), 9);
    }

    @Test
    void anAssistantsLastMessageGoesOn() {
        chat("\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\":"
                + " \"Oh\"}]");
        assertThat(service.layout.last.continueFinalMessage()).isTrue();
        assertThat(service.layout.last.addGenerationPrompt()).isFalse();
    }

    @Test
    void nothingToSayMeansLoad() {
        for (String nothing : List.of("\"prompt\": \"\"", "\"keep_alive\": \"-1m\"", "\"stream\": false")) {
            JsonObject loaded = generate(nothing).json();
            assertThat(loaded.getString("done_reason")).isEqualTo("load");
            assertThat(loaded.getBoolean("done")).isTrue();
            assertThat(loaded.getString("response")).isEmpty();
        }
        JsonObject loaded = chat("\"messages\": []").json();
        assertThat(loaded.getString("done_reason")).isEqualTo("load");
        assertThat(loaded.getJsonObject("message").getString("content")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0.0", "\"0\"", "\"0s\"", "\"-0.0m\""})
    void unloadingIsRefused(String time) {
        TestService.Reply refused = generate("\"keep_alive\": " + time);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().getString("error")).contains("keep_alive 0").contains("stays loaded");
        assertThat(generate("\"stream\": false, \"prompt\": \"hi\", \"keep_alive\": " + time)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void optionsAreOurs() {
        JsonObject limited = generate("\"stream\": false, \"prompt\": \"hi\", \"options\": {\"num_predict\": 3}")
                .json();
        assertThat(limited.getString("done_reason")).isEqualTo("length");
        assertThat(limited.getInteger("eval_count")).isEqualTo(3);
        assertThat(generate("\"stream\": false, \"prompt\": \"hi\", \"options\": {\"stop\": [\"ß\"]}")
                        .json()
                        .getString("response"))
                .isEqualTo("Grü");
        generate("\"prompt\": \"hi\", \"options\": {\"temperature\": 0.5, \"top_k\": 7, \"top_p\": 0.25, \"min_p\":"
                + " 0.125, \"repeat_penalty\": 1.5, \"repeat_last_n\": -1, \"presence_penalty\": 0.5,"
                + " \"frequency_penalty\": 1, \"seed\": 17, \"num_ctx\": 4096, \"num_gpu\": 99, \"num_thread\":"
                + " null, \"mirostat\": 0}");
        Sampling sampling = engine.runs.getLast().submission.sampling();
        assertThat(sampling)
                .isEqualTo(Sampling.NEUTRAL
                        .with(SamplingParameter.TEMPERATURE, 0.5)
                        .with(SamplingParameter.TOP_K, 7)
                        .with(SamplingParameter.TOP_P, 0.25)
                        .with(SamplingParameter.MIN_P, 0.125)
                        .with(SamplingParameter.REPETITION_PENALTY, 1.5)
                        .with(SamplingParameter.PRESENCE_PENALTY, 0.5)
                        .with(SamplingParameter.FREQUENCY_PENALTY, 1)
                        .withSeed(17));
        generate("\"prompt\": \"hi\", \"options\": {\"seed\": -1, \"num_predict\": -2, \"repeat_last_n\": 64}");
        long first = engine.runs.getLast().submission.sampling().seed();
        generate("\"prompt\": \"hi\", \"options\": {\"seed\": -1}");
        assertThat(engine.runs.getLast().submission.sampling().seed()).isNotEqualTo(first);
    }

    /** What is not said is what the model suggests. */
    @Test
    void theModelsOwnSamplingHolds() {
        SamplingDefaults suggested =
                new SamplingDefaults(Sampling.NEUTRAL.with(SamplingParameter.TEMPERATURE, 0.25), 0);
        try (TestService other = TestService.suggesting(suggested, "a")) {
            JsonObject shown =
                    other.post("/api/show", asked("\"verbose\": true").encode()).json();
            assertThat(shown.getString("parameters")).isEqualTo("temperature 0.25");
        }
    }

    @Test
    void logprobsAreToldWithTheirTokens() {
        String wanted = "\"prompt\": \"hi\", \"raw\": true, \"logprobs\": true, \"top_logprobs\": 1";
        JsonArray whole = generate(wanted + ", \"stream\": false").json().getJsonArray("logprobs");
        StringBuilder bytes = new StringBuilder();
        for (Object each : whole) {
            JsonObject token = (JsonObject) each;
            token.getJsonArray("bytes").forEach(value -> bytes.append((char) (int) value));
            assertThat(token.getDouble("logprob")).isNotNull();
            assertThat(token.getJsonArray("top_logprobs")).hasSize(1);
        }
        assertThat(new String(bytes.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                .isEqualTo("Grüße!");
        int tokens = JsonLines.of(generate(wanted)).stream()
                .mapToInt(line -> line.getJsonArray("logprobs", new JsonArray()).size())
                .sum();
        assertThat(tokens).isEqualTo(whole.size());
    }

    @Test
    void modelsAreTold() {
        JsonObject tag = service.get("/api/tags").json().getJsonArray("models").getJsonObject(0);
        assertThat(tag).isEqualTo(new JsonObject("""
            {"name": "toy/bytes", "model": "toy/bytes", "modified_at": "2023-11-14T22:13:20Z", "size": 4109853248, "digest": "abc",
             "details": {"parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "7.2B",
               "quantization_level": "Q4_0"}, "capabilities": ["completion"]}\
            """));
        JsonObject running =
                service.get("/api/ps").json().getJsonArray("models").getJsonObject(0);
        assertThat(running.getString("model")).isEqualTo(TestService.MODEL);
        assertThat(running.getInteger("context_length")).isEqualTo(ScriptedEngine.CONTEXT);
        assertThat(running.getInteger("size_vram")).isZero();
        assertThat(Instant.parse(running.getString("expires_at"))).isAfter(Instant.parse("2300-01-01T00:00:00Z"));
        for (String body : List.of("{\"model\": \"toy/bytes\"}", "{\"name\": \"toy/bytes:latest\", \"options\": {}}")) {
            JsonObject shown = service.post("/api/show", body).json();
            assertThat(shown.getJsonObject("details")).isEqualTo(tag.getJsonObject("details"));
            assertThat(shown.getJsonArray("capabilities")).isEqualTo(new JsonArray("[\"completion\"]"));
            assertThat(shown.getJsonObject("model_info").getMap())
                    .containsEntry("general.architecture", "llama")
                    .containsEntry("general.parameter_count", 7_248_023_552L)
                    .containsEntry("llama.context_length", ScriptedEngine.CONTEXT)
                    .containsEntry("llama.attention.head_count_kv", 8);
        }
        assertThat(service.get("/api/version").json().getString("version")).matches("\\d+\\.\\d+\\.\\d+");
    }

    /** Clients pull what they are going to ask for; a served model is here. */
    @Test
    void whatIsServedIsPulled() {
        TestService.Reply lines = service.post("/api/pull", "{\"model\": \"toy/bytes\", \"insecure\": false}");
        assertThat(lines.status()).isEqualTo(200);
        assertThat(lines.body()).isEqualTo("{\"status\":\"success\"}\n");
        assertThat(service.post("/api/pull", "{\"name\": \"toy/bytes:latest\", \"stream\": false}")
                        .json())
                .isEqualTo(new JsonObject().put("status", "success"));
    }

    @Test
    void aNameWithoutATagIsTheLatest() {
        JsonObject answer = service.post(
                        GENERATE, "{\"model\": \"toy/bytes:latest\", \"prompt\": \"a\", \"stream\": false}")
                .json();
        assertThat(answer.getString("model")).isEqualTo("toy/bytes:latest");
        assertThat(answer.getString("response")).isEqualTo("Grüße!");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        /api/generate | {"model": "other", "prompt": "a"} | 404 | model 'other' not found
        /api/chat | {"model": "toy/bytes:7b", "messages": []} | 404 | model 'toy/bytes:7b' not found
        /api/show | {"model": "other"} | 404 | model 'other' not found
        /api/show | {} | 400 | model is missing
        /api/pull | {"model": "mistral"} | 404 | model 'mistral' is not served here, and no request fetches one
        /api/pull | {} | 400 | model is missing
        /api/pull | {"model": "toy/bytes", "stream": 1} | 400 | stream must be
        /api/copy | {"source": "toy/bytes"} | 404 | Ollama's routes that make models are not served here
        /api/show | {"model": "toy/bytes", "template": "x"} | 400 | template must be "" or left out
        /api/generate | {"model": 1} | 400 | model must be a string
        /api/generate | [] | 400 | must be a JSON object
        /api/generate | {"prompt": ["a"]} | 400 | prompt must be a string
        /api/generate | {"prompt": "a", "template": "{{ .Prompt }}"} | 400 | template must be "" or left out
        /api/generate | {"prompt": "a", "images": ["aGk="]} | 400 | images must be
        /api/generate | {"prompt": "a", "context": [1]} | 400 | context must be
        /api/generate | {"prompt": "a", "width": 7} | 400 | width is not supported
        /api/generate | {"prompt": "a", "suffix": "b"} | 400 | gap
        /api/generate | {"prompt": "a", "suffix": "b", "system": "c"} | 400 | system has no place beside suffix
        /api/generate | {"prompt": "a", "raw": true, "system": "c"} | 400 | system has no place beside raw
        /api/generate | {"prompt": "a", "think": true} | 400 | think: this model does not think
        /api/generate | {"prompt": "a", "think": "much"} | 400 | think must be true, false or one of low
        /api/generate | {"prompt": "a", "format": "xml"} | 400 | format must be "json" or a JSON schema
        /api/generate | {"prompt": "a", "format": {"type": "nothing"}} | 400 | format
        /api/generate | {"prompt": "a", "keep_alive": "soon"} | 400 | keep_alive must be
        /api/generate | {"prompt": "a", "keep_alive": [5]} | 400 | keep_alive must be
        /api/generate | {"prompt": "a", "top_logprobs": 3} | 400 | top_logprobs needs logprobs
        /api/generate | {"prompt": "a", "max_tokens": 3} | 400 | unknown field max_tokens
        /api/generate | {"prompt": "a", "options": {"num_predictt": 3}} | 400 | unknown field options.num_predictt
        /api/generate | {"prompt": "a", "options": 7} | 400 | options must be an object
        /api/generate | {"prompt": "a", "options": {"temperature": -1}} | 400 | options.temperature must be
        /api/generate | {"prompt": "a", "options": {"num_ctx": 100000}} | 400 | options.num_ctx is 100000, and this server's context has 4096
        /api/generate | {"prompt": "a", "options": {"mirostat": 2}} | 400 | options.mirostat must be
        /api/generate | {"prompt": "a", "options": {"repeat_penalty": 2, "repeat_last_n": 64}} | 400 | options.repeat_last_n must be -1
        /api/generate | {"prompt": "a", "options": {"repeat_penalty": 2, "repetition_penalty": 2}} | 400 | send one of them
        /api/generate | {"prompt": "a", "options": {"repeat_penalty": "2"}} | 400 | options.repeat_penalty must be
        /api/chat | {"messages": {}} | 400 | messages must be an array
        /api/chat | {"messages": [{"role": "user"}]} | 400 | messages[0].content is missing
        /api/chat | {"messages": [{"role": "robot", "content": "a"}]} | 400 | messages[0].role must be system, user
        /api/chat | {"messages": [{"role": "user", "content": "a", "images": ["aGk="]}]} | 400 | messages[0].images must be
        /api/chat | {"messages": [{"role": "user", "content": "a", "more": 1}]} | 400 | unknown field messages[0].more
        /api/chat | {"messages": [{"role": "tool", "content": "a", "tool_name": "f"}]} | 400 | messages[0].tool_name: this result answers no call
        /api/chat | {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}]} | 400 | messages[0].tool_calls[0].function.arguments must be an object
        /api/chat | {"messages": [{"role": "user", "content": "a"}], "prompt": "b"} | 400 | unknown field prompt
        /api/embed | {"model": "toy/bytes", "input": "a"} | 404 | Ollama's embeddings are not served here
        /api/embeddings | {} | 404 | Ollama's embeddings are not served here
        /api/nothing | {} | 404 | Other routes of Ollama's are not served here
        """)
    void whatIsWrongIsNamedInOllamasShape(String path, String body, int status, String words) {
        TestService.Reply reply = service.post(path, body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.json().fieldNames()).containsExactly("error");
        assertThat(reply.json().getString("error")).contains(words);
    }

    /** Also where there is nothing that could be late. */
    @Test
    void aDeadlineThatIsNoneIsRefused() {
        for (String prompt : List.of("", "hi")) {
            TestService.Reply reply =
                    service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + GENERATE))
                            .header("X-Deadline-Ms", "86400001")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"" + prompt + "\"}")));
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.json().getString("error")).contains("X-Deadline-Ms");
        }
    }

    /** As its documents' commands are, where curl says what it always says. A page of a browser has to say JSON, for which it needs leave. */
    @ParameterizedTest
    @CsvSource({
        "/api/generate, application/x-www-form-urlencoded, '', 200",
        "/api/generate, '', '', 200",
        "/api/generate, text/plain, '', 415",
        "/api/generate, application/x-www-form-urlencoded, http://localhost:3000, 415",
        "/v1/completions, application/x-www-form-urlencoded, '', 415"
    })
    void aBodyWithoutItsTypeIsJson(String path, String type, String origin, int status) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + path))
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"hi\"}"));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        if (!origin.isEmpty()) {
            request.header("Origin", origin);
        }
        assertThat(service.send(request).status()).isEqualTo(status);
    }

    /** Its clients name what they want deleted in the body of a DELETE. */
    @Test
    void whatTheServerWasStartedWithIsNotDeleted() {
        TestService.Reply reply =
                service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + "/api/delete"))
                        .method("DELETE", HttpRequest.BodyPublishers.ofString("{\"model\": \"toy/bytes\"}")));
        assertThat(reply.status()).isEqualTo(403);
        assertThat(reply.json().getString("error"))
                .contains("'toy/bytes' is no model that requests delete", "what it was started with");
        TestService.Reply wrong =
                service.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port + "/api/chat"))
                        .GET());
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.json().getString("error")).contains("use POST");
    }

    @Test
    void whatFailsOnTheWayIsALine() {
        ScriptedEngine failing = new ScriptedEngine(at -> at < 3 ? 'a' : ScriptedEngine.FAIL);
        try (TestService other = TestService.running(failing, TestService.CONFIG)) {
            TestService.Reply reply =
                    other.post(GENERATE, asked("\"prompt\": \"a\"").encode());
            assertThat(reply.status()).isEqualTo(200);
            List<String> lines = reply.body().lines().toList();
            assertThat(new JsonObject(lines.getLast()).fieldNames()).containsExactly("error");
            assertThat(other.post(
                                    GENERATE,
                                    asked("\"prompt\": \"a\", \"stream\": false")
                                            .encode())
                            .json()
                            .fieldNames())
                    .containsExactly("error");
        }
    }

    /** White space, which stands before the next line's JSON. */
    @Test
    void aSilentStreamIsKeptAlive() throws IOException {
        ScriptedEngine stepped = new ScriptedEngine("ab");
        ApiConfig beating = TestService.config(TransportLimits.DEFAULT, 64, java.time.Duration.ofMillis(20));
        try (TestService other = TestService.stepped(stepped, beating);
                Socket socket = other.connect()) {
            socket.getOutputStream()
                    .write(TestService.request(
                                    GENERATE, asked("\"prompt\": \"a\"").encode())
                            .getBytes(StandardCharsets.UTF_8));
            TestService.eventually().until(() -> !stepped.runs.isEmpty());
            StringBuilder read = new StringBuilder();
            while (!read.toString().contains("\r\n\r\n1\r\n \r\n")) {
                int next = socket.getInputStream().read();
                assertThat(next).as(read.toString()).isNotNegative();
                read.append((char) next);
            }
            assertThat(read.toString()).startsWith("HTTP/1.1 200 ").contains("application/x-ndjson");
        }
    }

    @Test
    void whoLeavesCancels() throws IOException {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(8, 64, 64),
                new EngineConfig.Cache(16, CacheType.F16, 16 << 20),
                new EngineConfig.Admission(64, 2048, 8, 64, 1 << 20));
        try (TestService other = TestService.on(FakeModel.of(ByteTokenizer.SIZE, 16), config, TestService.CONFIG)) {
            for (String stream : List.of("true", "false")) {
                try (Socket socket = other.connect()) {
                    String endless = "\"prompt\": \"a\", \"options\": {\"ignore_eos\": true}, \"stream\": " + stream;
                    socket.getOutputStream()
                            .write(TestService.request(GENERATE, asked(endless).encode())
                                    .getBytes(StandardCharsets.UTF_8));
                    TestService.eventually().until(() -> other.engine.status().pagesUsed() > 0);
                }
                TestService.eventually().until(() -> other.engine.status().pagesUsed() == 0);
            }
            assertThat(other.observer.requests).anyMatch(line -> line.startsWith("POST /api/generate "));
        }
    }

    /** Requests of Open WebUI's backend, as it sends them to Ollama. */
    @Test
    void openWebUisRequests() {
        assertThat(service.get("/api/version").status()).isEqualTo(200);
        assertThat(service.get("/api/tags").json().getJsonArray("models")).hasSize(1);
        assertThat(service.get("/api/ps").status()).isEqualTo(200);
        List<JsonObject> lines = JsonLines.of(service.post(CHAT, """
            {"model": "toy/bytes", "stream": true, "keep_alive": "5m", "options": {"temperature": 0.8, "num_ctx": 2048, "num_predict": 64,
              "top_k": 40, "top_p": 0.9, "min_p": 0, "repeat_last_n": 64, "seed": 42, "stop": ["###"], "num_keep": 24, "num_batch": 512,
              "num_thread": 2, "num_gpu": 0, "use_mmap": true, "use_mlock": false},
             "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"},
               {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Again?"}]}\
            """));
        assertThat(JsonLines.said(lines, "content")).isEqualTo("Grüße!");
        TestService.Reply title = service.post(CHAT, """
            {"model": "toy/bytes", "stream": false, "think": false, "format": "json", "messages": [{"role": "user", "content": "A title?"}]}\
            """);
        assertThat(title.json().getJsonObject("message").getString("content")).isNotNull();
        // As its convert_payload_openai_to_ollama has them: the limit of a title beside the options, the index of a
        // call beside its function.
        assertThat(service.post(CHAT, """
            {"model": "toy/bytes", "stream": false, "num_predict": 1000, "messages": [{"role": "user", "content": "A title?"}]}\
            """).status()).isEqualTo(200);
        TestService.Reply called = service.post(CHAT, """
            {"model": "toy/bytes", "stream": false, "messages": [{"role": "user", "content": "hi"},
              {"role": "assistant", "content": "", "tool_calls": [{"index": 0, "id": "call_1",
                "function": {"name": "weather", "arguments": {"city": "Brest"}}}]},
              {"role": "tool", "content": "12", "tool_call_id": "call_1"}]}\
            """);
        assertThat(called.status()).as(called.body()).isEqualTo(200);
        assertThat(service.post("/api/show", "{\"model\": \"toy/bytes\"}").status())
                .isEqualTo(200);
    }
}
