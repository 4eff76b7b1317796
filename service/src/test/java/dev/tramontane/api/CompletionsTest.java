package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.tokenizer.Tokenizer;
import dev.tramontane.tokenizer.Tokenizers;
import dev.tramontane.tokenizer.Vocabularies;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/completions}: shapes and what they hold. */
class CompletionsTest {

    private static JsonObject choice(TestService.Reply answer, int index) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getJsonArray("choices").getJsonObject(index);
    }

    @Test
    void anAnswerHasOpenAisShape() {
        try (TestService service = TestService.of("Hello")) {
            TestService.Reply answer = service.completion(TestService.body("Say", new JsonObject()));
            JsonObject json = answer.json();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo("application/json; charset=utf-8");
            assertThat(answer.header("X-Request-Id")).startsWith("req_");
            assertThat(json.getString("id")).matches("cmpl-[0-9A-Za-z]{29}");
            json.remove("id");
            assertThat(json).isEqualTo(new JsonObject("""
                {"object": "text_completion", "created": 1700000000, "model": "toy/bytes",
                 "system_fingerprint": "fp_test",
                 "choices": [{"index": 0, "text": "Hello", "logprobs": null, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9,
                           "prompt_tokens_details": {"cached_tokens": 0}}}\
                """));
        }
    }

    @Test
    void aStreamHasOpenAisShape() {
        try (TestService service = TestService.of("Hé!")) {
            TestService.Reply answer = service.completion(TestService.body(
                    "Say",
                    new JsonObject()
                            .put("stream", true)
                            .put("stream_options", new JsonObject().put("include_usage", true))));
            assertThat(answer.header("Content-Type")).isEqualTo("text/event-stream; charset=utf-8");
            List<JsonObject> events = answer.events();
            String id = events.getFirst().getString("id");
            assertThat(events).allSatisfy(event -> {
                assertThat(event.getString("id")).isEqualTo(id);
                assertThat(event.getString("object")).isEqualTo("text_completion");
                assertThat(event.getString("model")).isEqualTo("toy/bytes");
                assertThat(event.getLong("created")).isEqualTo(TestService.NOW);
                assertThat(event.containsKey("usage")).isTrue();
            });
            assertThat(events.stream()
                            .map(event -> event.getJsonArray("choices"))
                            .map(JsonArray::encode))
                    .containsExactly("""
                        [{"index":0,"text":"H","logprobs":null,"finish_reason":null}]\
                        """, """
                        [{"index":0,"text":"é","logprobs":null,"finish_reason":null}]\
                        """, """
                        [{"index":0,"text":"!","logprobs":null,"finish_reason":null}]\
                        """, """
                        [{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}]\
                        """, "[]");
            assertThat(events.get(1).getValue("usage")).isNull();
            assertThat(events.getLast().getJsonObject("usage").getInteger("total_tokens"))
                    .isEqualTo(3 + 5);
        }
    }

    @Test
    void streamsCountInEveryChunkWhereThatIsWanted() {
        try (TestService service = TestService.of("Hi")) {
            List<JsonObject> events = service.completion(new JsonObject()
                            .put("prompt", JsonArray.of("ab", "abcd"))
                            .put("stream", true)
                            .put(
                                    "stream_options",
                                    JsonObject.of("include_usage", true, "continuous_usage_stats", true)))
                    .events();
            List<Integer> prompts = List.of(2, 4);
            for (int choice = 0; choice < 2; choice++) {
                int index = choice;
                List<JsonObject> usages = events.stream()
                        .filter(event -> !event.getJsonArray("choices").isEmpty()
                                && event.getJsonArray("choices")
                                                .getJsonObject(0)
                                                .getInteger("index")
                                        == index)
                        .map(event -> event.getJsonObject("usage"))
                        .toList();
                assertThat(usages)
                        .extracting(usage -> usage.getInteger("completion_tokens"))
                        .containsExactly(1, 2, 3);
                assertThat(usages)
                        .extracting(usage -> usage.getInteger("prompt_tokens"))
                        .containsOnly(prompts.get(index));
            }
        }
    }

    @Test
    void promptsOfEveryForm() {
        try (TestService service = TestService.of("x")) {
            ScriptedEngine engine = (ScriptedEngine) service.engine;
            JsonObject base = new JsonObject().put("model", TestService.MODEL);
            service.completion(base.copy().put("prompt", "ab"));
            service.completion(base.copy().put("prompt", new JsonArray().add(97).add(98)));
            TestService.Reply texts = service.completion(base.copy()
                    .put("prompt", new JsonArray().add("ab").add("c"))
                    .put("n", 2));
            TestService.Reply ids = service.completion(base.copy()
                    .put(
                            "prompt",
                            new JsonArray()
                                    .add(new JsonArray().add(97))
                                    .add(new JsonArray().add(98).add(99))));
            assertThat(engine.runs).hasSize(1 + 1 + 4 + 2);
            assertThat(engine.runs.get(0).submission.prompt()).containsExactly(97, 98);
            assertThat(engine.runs.get(1).submission.prompt()).containsExactly(97, 98);
            assertThat(texts.json().getJsonArray("choices")).hasSize(4);
            for (int i = 0; i < 4; i++) {
                assertThat(choice(texts, i).getInteger("index")).isEqualTo(i);
            }
            // Each prompt is counted once, however many choices it has.
            assertThat(texts.json().getJsonObject("usage").getInteger("prompt_tokens"))
                    .isEqualTo(3);
            assertThat(texts.json().getJsonObject("usage").getInteger("completion_tokens"))
                    .isEqualTo(8);
            assertThat(ids.json().getJsonArray("choices")).hasSize(2);
        }
    }

    @Test
    void severalPromptsStreamWithTheirIndexes() {
        try (TestService service = TestService.of("one", "two")) {
            TestService.Reply answer = service.completion(new JsonObject()
                    .put("prompt", new JsonArray().add("a").add("b").add("c"))
                    .put("n", 2)
                    .put("echo", true)
                    .put("stream", true));
            String[] texts = {"", "", "", "", "", ""};
            for (JsonObject event : answer.events()) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                texts[choice.getInteger("index")] += choice.getString("text");
            }
            assertThat(texts).containsExactly("aone", "atwo", "bone", "btwo", "cone", "ctwo");
        }
    }

    @Test
    void echoAndLogprobsCoverPromptAndAnswer() {
        try (TestService service = TestService.of("é")) {
            JsonObject choice = choice(
                    service.completion(TestService.body(
                            "a€", new JsonObject().put("echo", true).put("logprobs", 2))),
                    0);
            assertThat(choice.getString("text")).isEqualTo("a€é");
            JsonObject logprobs = choice.getJsonObject("logprobs");
            assertThat(logprobs.getJsonArray("tokens"))
                    .isEqualTo(new JsonArray()
                            .add("a")
                            .add("bytes:\\xe2")
                            .add("bytes:\\x82")
                            .add("bytes:\\xac")
                            .add("bytes:\\xc3")
                            .add("bytes:\\xa9"));
            assertThat(logprobs.getJsonArray("text_offset")).isEqualTo(new JsonArray(List.of(0, 1, 1, 1, 2, 2)));
            assertThat(logprobs.getJsonArray("token_logprobs").getValue(0)).isNull();
            assertThat(logprobs.getJsonArray("token_logprobs").getDouble(5)).isEqualTo(-0.5);
            assertThat(logprobs.getJsonArray("top_logprobs").getValue(0)).isNull();
            assertThat(logprobs.getJsonArray("top_logprobs").getJsonObject(4).getMap())
                    .containsOnlyKeys("bytes:\\xc3", "bytes:\\xc4");
        }
    }

    @Test
    void offsetsCountCodePointsAsPythonDoes() {
        try (TestService service = TestService.of("é😀!")) {
            JsonObject body = TestService.body(
                    "ab 😀 cd", new JsonObject().put("echo", true).put("logprobs", 1));
            JsonObject scored = choice(service.completion(body.copy().put("max_tokens", 0)), 0);
            List<Integer> prompt = List.of(0, 1, 2, 3, 3, 3, 3, 4, 5, 6);
            assertThat(scored.getJsonObject("logprobs").getJsonArray("text_offset"))
                    .isEqualTo(new JsonArray(prompt));

            List<Integer> all = new ArrayList<>(prompt);
            all.addAll(List.of(7, 7, 8, 8, 8, 8, 9));
            JsonObject whole = choice(service.completion(body), 0);
            assertThat(whole.getString("text")).isEqualTo("ab 😀 cdé😀!");
            assertThat(whole.getJsonObject("logprobs").getJsonArray("text_offset"))
                    .isEqualTo(new JsonArray(all));

            JsonArray streamed = new JsonArray();
            for (JsonObject event :
                    service.completion(body.copy().put("stream", true)).events()) {
                JsonObject logprobs =
                        event.getJsonArray("choices").getJsonObject(0).getJsonObject("logprobs");
                if (logprobs != null) {
                    streamed.addAll(logprobs.getJsonArray("text_offset"));
                }
            }
            assertThat(streamed).isEqualTo(new JsonArray(all));
        }
    }

    @Test
    void offsetsOfAnEchoedPromptAreThoseOfTheTextShown() throws IOException {
        byte[] model;
        try (var file = getClass().getResourceAsStream("/oracle/models/mistral-window-16-native/tokenizer.model.v3")) {
            model = file.readAllBytes();
        }
        // Encoding puts a blank before the text, which the echo does not show.
        try (TestService service = TestService.with(Tokenizers.ofSentencePiece(model), "")) {
            JsonObject choice = choice(
                    service.completion(TestService.body(
                            "the 😀 cat",
                            new JsonObject()
                                    .put("echo", true)
                                    .put("logprobs", 0)
                                    .put("max_tokens", 0))),
                    0);
            int[] text = choice.getString("text").codePoints().toArray();
            JsonArray tokens = choice.getJsonObject("logprobs").getJsonArray("tokens");
            JsonArray offsets = choice.getJsonObject("logprobs").getJsonArray("text_offset");
            StringBuilder shown = new StringBuilder();
            for (int i = 0; i < tokens.size(); i++) {
                int from = offsets.getInteger(i);
                int to = i + 1 < tokens.size() ? offsets.getInteger(i + 1) : text.length;
                String slice = new String(text, from, to - from);
                shown.append(slice);
                String token = tokens.getString(i);
                if (!token.startsWith("bytes:") && !token.equals("<s>")) {
                    assertThat(slice).isEqualTo(from == 0 ? token.stripLeading() : token);
                }
            }
            assertThat(shown).hasToString("the 😀 cat");
        }
    }

    @Test
    void aPartOfACharacterIsMarkedWhateverPrecedesIt() {
        Tokenizer tokenizer = Tokenizers.of(Vocabularies.bytes("gpt-2", List.of("<s>", "</s>"), "Ġ â"));
        try (TestService service = TestService.with(tokenizer, "\\x21")) {
            JsonObject choice = choice(
                    service.completion(TestService.body(
                            " €", new JsonObject().put("echo", true).put("logprobs", 1))),
                    0);
            // A text that only looks like a part is none.
            assertThat(choice.getJsonObject("logprobs").getJsonArray("tokens"))
                    .isEqualTo(new JsonArray()
                            .add("bytes:\\x20\\xe2")
                            .add("bytes:\\x82")
                            .add("bytes:\\xac")
                            .add("\\")
                            .add("x")
                            .add("2")
                            .add("1"));
        }
    }

    @Test
    void scoringAPromptGeneratesNothing() {
        try (TestService service = TestService.of("never")) {
            TestService.Reply answer = service.completion(TestService.body(
                    "abc", new JsonObject().put("echo", true).put("logprobs", 0).put("max_tokens", 0)));
            JsonObject choice = choice(answer, 0);
            assertThat(choice.getString("text")).isEqualTo("abc");
            assertThat(choice.getString("finish_reason")).isEqualTo("length");
            assertThat(choice.getJsonObject("logprobs").getJsonArray("token_logprobs"))
                    .hasSize(3);
            assertThat(choice.getJsonObject("logprobs")
                            .getJsonArray("top_logprobs")
                            .getJsonObject(1)
                            .getMap())
                    .containsOnlyKeys("b"); // With 0 alternatives the token itself.
            assertThat(answer.json().getJsonObject("usage").getInteger("completion_tokens"))
                    .isZero();
        }
    }

    @Test
    void streamedEchoEqualsTheWhole() {
        try (TestService service = TestService.of("né€!")) {
            JsonObject body = TestService.body(
                    "p€", new JsonObject().put("echo", true).put("logprobs", 1).put("return_token_ids", true));
            JsonObject whole = choice(service.completion(body), 0);
            StringBuilder text = new StringBuilder();
            JsonArray tokens = new JsonArray();
            JsonArray offsets = new JsonArray();
            JsonArray ids = new JsonArray();
            JsonArray promptIds = new JsonArray();
            for (JsonObject event :
                    service.completion(body.copy().put("stream", true)).events()) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                text.append(choice.getString("text"));
                JsonObject logprobs = choice.getJsonObject("logprobs");
                if (logprobs != null) {
                    tokens.addAll(logprobs.getJsonArray("tokens"));
                    offsets.addAll(logprobs.getJsonArray("text_offset"));
                }
                ids.addAll(choice.getJsonArray("token_ids", new JsonArray()));
                promptIds.addAll(choice.getJsonArray("prompt_token_ids", new JsonArray()));
            }
            assertThat(text.toString()).isEqualTo(whole.getString("text"));
            assertThat(tokens).isEqualTo(whole.getJsonObject("logprobs").getJsonArray("tokens"));
            assertThat(offsets).isEqualTo(whole.getJsonObject("logprobs").getJsonArray("text_offset"));
            assertThat(ids).isEqualTo(whole.getJsonArray("token_ids"));
            assertThat(promptIds).isEqualTo(whole.getJsonArray("prompt_token_ids"));
        }
    }

    @Test
    void promptLogprobsAreVllms() {
        try (TestService service = TestService.of("x")) {
            JsonArray scores = choice(
                            service.completion(TestService.body("ab", new JsonObject().put("prompt_logprobs", 1))), 0)
                    .getJsonArray("prompt_logprobs");
            assertThat(scores.getValue(0)).isNull();
            assertThat(scores.getJsonObject(1)).isEqualTo(new JsonObject("""
                {"98": {"logprob": -0.5, "rank": 1, "decoded_token": "b"}}\
                """));
        }
    }

    @Test
    void stopStringsCutAcrossTokens() {
        try (TestService service = TestService.of("one STOP two")) {
            JsonObject stop =
                    new JsonObject().put("stop", new JsonArray().add("TOP").add("zz"));
            JsonObject cut = choice(service.completion(TestService.body("p", stop)), 0);
            assertThat(cut.getString("text")).isEqualTo("one S");
            assertThat(cut.getString("finish_reason")).isEqualTo("stop");
            JsonObject kept = choice(
                    service.completion(TestService.body("p", stop.copy().put("include_stop_str_in_output", true))), 0);
            assertThat(kept.getString("text")).isEqualTo("one STOP");
        }
    }

    @Test
    void tokensThatEndEarlyOrNot() {
        try (TestService service = TestService.of("abc")) {
            JsonObject shortened =
                    choice(service.completion(TestService.body("p", new JsonObject().put("max_tokens", 2))), 0);
            assertThat(shortened.getString("text")).isEqualTo("ab");
            assertThat(shortened.getString("finish_reason")).isEqualTo("length");
            assertThat(choice(
                                    service.completion(TestService.body(
                                            "p", new JsonObject().put("stop_token_ids", new JsonArray().add(98)))),
                                    0)
                            .getString("text"))
                    .isEqualTo("a");
            JsonObject on = new JsonObject().put("ignore_eos", true).put("max_tokens", 5);
            assertThat(choice(service.completion(TestService.body("p", on)), 0).getString("text"))
                    .isEqualTo("abc");
            assertThat(choice(service.completion(TestService.body("p", on.put("skip_special_tokens", false))), 0)
                            .getString("text"))
                    .isEqualTo("abc</s></s>");
        }
    }

    @Test
    void generatedTextCannotBreakTheFraming() {
        String hostile = "\n\ndata: [DONE]\n\n\r\u2028{\"a\":\"\u0000";
        try (TestService service = TestService.of(hostile)) {
            StringBuilder text = new StringBuilder();
            for (JsonObject event : service.completion(TestService.body(
                            "p", new JsonObject().put("stream", true).put("max_tokens", 100)))
                    .events()) {
                text.append(event.getJsonArray("choices").getJsonObject(0).getString("text"));
            }
            assertThat(text.toString()).isEqualTo(hostile);
        }
    }
}
