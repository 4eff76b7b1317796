package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.Submission;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field that changes what is generated reaches the engine, from both endpoints. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestFieldsTest {
    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.of("answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    /** A field, what of the submission it sets, and to what. */
    record Field(String json, Function<Submission, Object> of, Object expected) {
        @Override
        public String toString() {
            return json;
        }
    }

    private static Field sampling(String json, Function<Sampling, Object> of, Object expected) {
        return new Field(json, submission -> of.apply(submission.sampling()), expected);
    }

    private static Field number(String json, SamplingParameter parameter, float expected) {
        return sampling(json, sampling -> (float) sampling.value(parameter), expected);
    }

    static List<Field> shared() {
        return List.of(
                number("{}", SamplingParameter.TEMPERATURE, 1f),
                number("{\"temperature\": 0}", SamplingParameter.TEMPERATURE, 0f),
                number("{\"temperature\": 0.5}", SamplingParameter.TEMPERATURE, 0.5f),
                number("{\"temperature\": null}", SamplingParameter.TEMPERATURE, 1f),
                number("{\"top_p\": 0.9}", SamplingParameter.TOP_P, 0.9f),
                number("{\"top_p\": 0}", SamplingParameter.TOP_P, Float.MIN_NORMAL),
                number("{\"top_k\": 40}", SamplingParameter.TOP_K, 40),
                number("{\"top_k\": -1}", SamplingParameter.TOP_K, 0),
                number("{\"top_k\": 3.0}", SamplingParameter.TOP_K, 3),
                number("{\"min_p\": 0.1}", SamplingParameter.MIN_P, 0.1f),
                number("{\"repetition_penalty\": 1.1}", SamplingParameter.REPETITION_PENALTY, 1.1f),
                number("{\"presence_penalty\": -2}", SamplingParameter.PRESENCE_PENALTY, -2f),
                number("{\"frequency_penalty\": 2}", SamplingParameter.FREQUENCY_PENALTY, 2f),
                sampling("{\"logit_bias\": {\"5\": -100, \"6\": 1.5}}", Sampling::bias, Map.of(5, -100f, 6, 1.5f)),
                sampling("{\"allowed_token_ids\": [5, 6, 5]}", Sampling::allowed, Set.of(5, 6)),
                sampling("{\"allowed_token_ids\": null}", Sampling::allowed, Set.of()),
                sampling("{\"seed\": 42}", Sampling::seed, 42L),
                sampling("{\"seed\": -9223372036854775808}", Sampling::seed, Long.MIN_VALUE),
                sampling("{\"seed\": 9223372036854775807}", Sampling::seed, Long.MAX_VALUE),
                new Field("{\"max_tokens\": 7}", Submission::maxTokens, 7),
                new Field("{\"min_tokens\": 3}", Submission::minTokens, 3),
                new Field("{}", Submission::endTokens, Set.of(ByteTokenizer.END)),
                new Field("{\"ignore_eos\": true}", Submission::endTokens, Set.of()),
                new Field("{\"stop_token_ids\": [7]}", Submission::endTokens, Set.of(7, ByteTokenizer.END)),
                new Field("{\"prompt_logprobs\": 5}", Submission::promptTops, 5),
                new Field("{}", Submission::promptTops, -1),
                new Field("{}", Submission::tops, -1),
                // What changes nothing is taken, not refused.
                number("""
                    {"user": "u", "metadata": {"a": "b"}, "store": false, "service_tier": "auto", "n": 1,
                     "response_format": {"type": "text"}, "stop": null, "safety_identifier": "s"}\
                    """, SamplingParameter.TEMPERATURE, 1f));
    }

    @ParameterizedTest
    @MethodSource("shared")
    void inCompletions(Field field) {
        check(field, service.completion(TestService.body("p", new JsonObject(field.json()))));
    }

    @ParameterizedTest
    @MethodSource("shared")
    void inChats(Field field) {
        check(field, service.chat(TestService.chatBody(new JsonObject(field.json()))));
    }

    private void check(Field field, TestService.Reply answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(field.of().apply(last())).isEqualTo(field.expected());
    }

    private Submission last() {
        return ((ScriptedEngine) service.engine).runs.getLast().submission;
    }

    @Test
    void fieldsOfOneEndpoint() {
        service.completion(TestService.body("p", new JsonObject().put("logprobs", 4)));
        assertThat(last().tops()).isEqualTo(4);
        assertThat(last().promptTops()).isEqualTo(-1);
        assertThat(last().maxTokens()).isEqualTo(16); // OpenAI's default.
        service.completion(
                TestService.body("p", new JsonObject().put("logprobs", 4).put("echo", true)));
        assertThat(last().promptTops()).isEqualTo(4);
        service.chat(TestService.chatBody(new JsonObject().put("max_completion_tokens", 9)));
        assertThat(last().maxTokens()).isEqualTo(9);
        service.chat(TestService.chatBody(new JsonObject()));
        assertThat(last().maxTokens()).isEqualTo(ScriptedEngine.CONTEXT - last().prompt().length);
        service.chat(TestService.chatBody(new JsonObject().put("logprobs", true).put("top_logprobs", 2)));
        assertThat(last().tops()).isEqualTo(2);
    }

    @Test
    void anAbsentSeedIsDrawnAnew() {
        service.completion(TestService.body("p", new JsonObject()));
        long first = last().sampling().seed();
        service.completion(TestService.body("p", new JsonObject()));
        assertThat(last().sampling().seed()).isNotEqualTo(first);
    }
}
