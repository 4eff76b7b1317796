package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.ForeignWords;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.Seeds;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a body is, it is answered or refused in OpenAI's words, and the next request finds the service as it was.
 * More bodies: {@code -Dtramontane.fuzz.inputs=N}; the same
 * again: {@code -Dtramontane.fuzz.seed=S}.
 */
class RequestMutationPropertyTest {
    private static final List<String> CHATS = List.of("""
        {"model": "toy/bytes", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
         "max_tokens": 3, "temperature": 0.5, "seed": 1, "stop": ["x"], "logprobs": true, "top_logprobs": 2}\
        """, """
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "é🙂"}]},
          {"role": "assistant", "content": null, "tool_calls": [{"id": "abcDEF123", "type": "function",
            "function": {"name": "f", "arguments": "{\\"a\\": [1, 2.5, null]}"}}]},
          {"role": "tool", "tool_call_id": "abcDEF123", "content": "{\\"b\\": 1e3}"}],
         "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
         "max_completion_tokens": 2, "stream": true, "stream_options": {"include_usage": true}}\
        """, """
        {"messages": [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One, ", "prefix": true}],
         "max_tokens": 1, "n": 2, "chat_template_kwargs": {"enable_thinking": false}}\
        """);

    private static final List<String> COMPLETIONS = List.of("""
        {"model": "toy/bytes", "prompt": "hello", "max_tokens": 4, "echo": true, "logprobs": 3, "logit_bias": {"5": -1},
         "stop_token_ids": [7], "min_p": 0.1, "repetition_penalty": 1.1, "return_token_ids": true}\
        """, """
        {"prompt": [[1, 2, 3], [4]], "max_tokens": 1, "n": 2, "stream": true, "skip_special_tokens": false}\
        """);

    private static final List<String> TOKENIZE = List.of("""
        {"prompt": "héllo <s>", "add_special_tokens": false, "return_token_strs": true}\
        """, """
        {"messages": [{"role": "user", "content": "hi"}], "add_generation_prompt": false, "tools": []}\
        """);

    private static final List<String> DETOKENIZE = List.of("""
        {"model": "toy/bytes", "tokens": [1, 2, 255, 256, 104]}\
        """);

    /** Values that fit somewhere, and nowhere. */
    private static final List<@Nullable Object> VALUES = Arrays.asList(
            null,
            true,
            false,
            0,
            -1,
            1,
            2,
            17,
            0.5,
            1e308,
            1L << 31,
            Long.MAX_VALUE,
            "",
            "x",
            "user",
            "assistant",
            "tool",
            "system",
            "abcDEF123",
            "[INST]",
            "\u0000\u2028é🙂",
            "{\"a\": 1}",
            "y".repeat(3000),
            new JsonArray(),
            new JsonArray().add(1),
            new JsonArray().add("a").addNull(),
            new JsonObject(),
            new JsonObject().put("role", "user").put("content", "hi"),
            new JsonObject().put("type", "text").put("text", "t"));

    private static final int INPUTS = 400;

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize"})
    void everyBodyIsAnsweredOrRefused(String route) {
        List<String> sound = switch (route) {
            case "/v1/chat/completions" -> CHATS;
            case "/v1/completions" -> COMPLETIONS;
            case "/tokenize" -> TOKENIZE;
            default -> DETOKENIZE;
        };
        List<String> names =
                names(Stream.of(CHATS, COMPLETIONS, TOKENIZE, DETOKENIZE).flatMap(List::stream));
        long seed = Seeds.next();
        SplittableRandom random = new SplittableRandom(seed);
        int inputs = Integer.getInteger("tramontane.fuzz.inputs", INPUTS);
        int answered = 0;
        try (TestService service = TestService.mistral(MistralVersion.V3, "answer")) {
            ScriptedEngine engine = (ScriptedEngine) service.engine;
            for (int i = 0; i < inputs; i++) {
                String sent = mutated(sound, i, names, random);
                TestService.Reply reply = service.post(route, sent);
                if (reply.status() == 200) {
                    answered++;
                    continue;
                }
                assertThat(reply.status())
                        .as("seed %d, input %d: %s gave %s", seed, i, sent, reply.body())
                        .isIn(400, 404);
                assertThat(reply.error().getMap().keySet())
                        .as("seed %d, input %d: %s", seed, i, sent)
                        .isEqualTo(Set.of("message", "type", "param", "code"));
                assertThat(reply.error().getString("message"))
                        .as("seed %d, input %d: %s", seed, i, sent)
                        .isNotBlank()
                        .hasLineCount(1)
                        .hasSizeLessThan(4000);
                assertThat(ForeignWords.in(reply.error().getString("message")))
                        .as("seed %d, input %d: %s gave %s", seed, i, sent, reply.body())
                        .isEmpty();
            }
            // Both happen often, so the mutations are neither harmless nor hopeless.
            assertThat(answered).as("seed %d", seed).isBetween(inputs / 50, inputs - inputs / 50);
            TestService.eventually().untilAsserted(() -> assertThat(engine.runs).allMatch(ScriptedEngine.Run::over));
            assertThat(service.get("/livez").status()).isEqualTo(200);
            assertThat(service.post(route, sound.getFirst()).status()).isEqualTo(200);
        }
    }

    private static final Map<String, List<String>> OTHERS = Map.of(
            "/api/chat",
            List.of("""
                {"model": "toy/bytes", "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "hi", "images": []},
                  {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1]}}}]},
                  {"role": "tool", "content": "1", "tool_name": "f"}], "stream": false, "format": "json", "keep_alive": "5m",
                 "options": {"num_predict": 3, "temperature": 0.5, "stop": ["x"], "seed": 1}}\
                """, """
                {"model": "toy/bytes", "messages": [{"role": "user", "content": "hi"}], "options": {"num_predict": 2}, "think": false,
                 "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}\
                """),
            "/api/generate",
            List.of("""
                {"model": "toy/bytes", "prompt": "hi", "raw": true, "stream": true, "options": {"num_predict": 2, "top_k": 3}}\
                """, """
                {"model": "toy/bytes", "prompt": "hi", "system": "a", "suffix": "", "format": {"type": "object"}, "stream": false,
                 "options": {"num_predict": 2}, "keep_alive": 0}\
                """),
            "/generate",
            List.of("""
                {"inputs": "hi", "parameters": {"max_new_tokens": 2, "do_sample": true, "temperature": 0.5, "top_n_tokens": 2,
                  "stop": ["x"], "details": true, "decoder_input_details": true, "return_full_text": true}}\
                """),
            "/generate_stream",
            List.of("""
                {"inputs": "hi", "parameters": {"max_new_tokens": 2, "seed": 1, "grammar": {"type": "regex", "value": "[a-z]+"}}}\
                """));

    /** Ollama's clients and text-generation-inference's, each in its words. */
    @ParameterizedTest
    @ValueSource(strings = {"/api/chat", "/api/generate", "/generate", "/generate_stream"})
    void everyBodyOfOthersIsAnsweredOrRefused(String route) {
        List<String> sound = Objects.requireNonNull(OTHERS.get(route));
        List<String> names = names(sound.stream());
        long seed = Seeds.next();
        SplittableRandom random = new SplittableRandom(seed);
        int inputs = Integer.getInteger("tramontane.fuzz.inputs", INPUTS) / 2;
        int answered = 0;
        try (TestService service = TestService.mistral(MistralVersion.V3, "answer")) {
            for (int i = 0; i < inputs; i++) {
                String sent = mutated(sound, i, names, random);
                TestService.Reply reply = service.post(route, sent);
                String as = "seed %d, input %d: %s gave %d %s".formatted(seed, i, sent, reply.status(), reply.body());
                if (reply.status() == 200) {
                    answered++;
                    continue;
                }
                assertThat(reply.status()).as(as).isIn(400, 404);
                assertThat(reply.json().fieldNames())
                        .as(as)
                        .isEqualTo(route.startsWith("/api/") ? Set.of("error") : Set.of("error", "error_type"));
                String message = reply.json().getString("error");
                assertThat(message).as(as).isNotBlank().hasLineCount(1).hasSizeLessThan(4000);
                assertThat(ForeignWords.in(message)).as(as).isEmpty();
            }
            assertThat(answered).as("seed %d", seed).isBetween(1, inputs - 1);
            assertThat(service.get("/livez").status()).isEqualTo(200);
            assertThat(service.post(route, sound.getFirst()).status()).isEqualTo(200);
        }
    }

    private static List<String> names(Stream<String> bodies) {
        return bodies.flatMap(body -> new JsonObject(body).fieldNames().stream())
                .distinct()
                .toList();
    }

    /** A body with up to four changes; the first of each is as it was. */
    private static String mutated(List<String> sound, int number, List<String> names, SplittableRandom random) {
        JsonObject body = new JsonObject(sound.get(random.nextInt(sound.size())));
        for (int change = number < sound.size() ? 4 : random.nextInt(4); change < 4; change++) {
            mutate(body, names, random);
        }
        return body.encode();
    }

    /** Changes, drops, copies or adds one value anywhere in the body. */
    private static void mutate(JsonObject body, List<String> names, SplittableRandom random) {
        List<Object> containers = new ArrayList<>();
        collect(body, containers);
        Object at = containers.get(random.nextInt(containers.size()));
        Object other = containers.get(random.nextInt(containers.size()));
        @Nullable Object value = random.nextInt(4) == 0 ? copy(other) : copy(VALUES.get(random.nextInt(VALUES.size())));
        if (at instanceof JsonObject object) {
            List<String> own = List.copyOf(object.fieldNames());
            if (own.isEmpty() || random.nextInt(4) == 0) {
                object.put(names.get(random.nextInt(names.size())), value);
            } else if (random.nextInt(4) == 0) {
                object.remove(own.get(random.nextInt(own.size())));
            } else {
                object.put(own.get(random.nextInt(own.size())), value);
            }
        } else if (at instanceof JsonArray array) {
            int index = array.isEmpty() ? 0 : random.nextInt(array.size());
            if (array.isEmpty() || random.nextInt(3) == 0) {
                array.add(index, value);
            } else if (random.nextInt(3) == 0) {
                array.remove(index);
            } else {
                array.set(index, value);
            }
        }
    }

    private static void collect(@Nullable Object value, List<Object> containers) {
        if (value instanceof JsonObject object) {
            containers.add(object);
            object.fieldNames().forEach(name -> collect(object.getValue(name), containers));
        } else if (value instanceof JsonArray array) {
            containers.add(array);
            for (int i = 0; i < array.size(); i++) {
                collect(array.getValue(i), containers);
            }
        }
    }

    /** A container never holds itself. */
    private static @Nullable Object copy(@Nullable Object value) {
        return switch (value) {
            case JsonObject object -> object.copy();
            case JsonArray array -> array.copy();
            case null, default -> value;
        };
    }
}
