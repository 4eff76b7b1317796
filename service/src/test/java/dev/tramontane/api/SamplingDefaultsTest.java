package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.responses.CreateReader;
import dev.tramontane.api.responses.History;
import dev.tramontane.api.responses.ResponseCreate;
import dev.tramontane.engine.Submission;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.model.SamplingParameter;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a model's makers suggest holds where a request says nothing, in every protocol, and nowhere else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SamplingDefaultsTest {
    private static final SamplingDefaults SUGGESTED = new SamplingDefaults(
            Sampling.NEUTRAL
                    .with(SamplingParameter.TEMPERATURE, 0.15)
                    .with(SamplingParameter.TOP_K, 40)
                    .with(SamplingParameter.TOP_P, 0.9)
                    .with(SamplingParameter.MIN_P, 0.05)
                    .with(SamplingParameter.REPETITION_PENALTY, 1.1),
            12);

    private TestService service;

    @BeforeAll
    void start() {
        service = TestService.suggesting(SUGGESTED, "a rather long answer");
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private Submission submitted(TestService.Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return ((ScriptedEngine) service.engine).runs.getLast().submission;
    }

    private static void isSuggested(Sampling sampling) {
        assertThat(sampling.withSeed(0)).isEqualTo(SUGGESTED.sampling());
    }

    @Test
    void hold() {
        Submission chat = submitted(service.chat(TestService.chatBody(new JsonObject())));
        isSuggested(chat.sampling());
        assertThat(chat.maxTokens()).isEqualTo(12);
        Submission completion = submitted(service.completion(TestService.body("p", new JsonObject())));
        isSuggested(completion.sampling());
        assertThat(completion.maxTokens()).as("of the endpoint's own 16").isEqualTo(12);
        ResponseCreate response = CreateReader.read(
                JsonReader.object("{\"input\": \"hi\"}".getBytes(StandardCharsets.UTF_8)),
                RequestLimits.DEFAULT,
                SUGGESTED,
                UnknownFields.refused(),
                History.NONE);
        isSuggested(response.generation().sampling());
    }

    @Test
    void yieldToTheRequest() {
        JsonObject own = new JsonObject("""
            {"temperature": 1, "top_k": -1, "top_p": 1, "min_p": 0, "repetition_penalty": 1, "max_tokens": 5}\
            """);
        for (Submission asked : new Submission[] {
            submitted(service.chat(TestService.chatBody(own))),
            submitted(service.completion(TestService.body("p", own)))
        }) {
            assertThat(asked.sampling().withSeed(0)).isEqualTo(Sampling.NEUTRAL);
            assertThat(asked.maxTokens()).isEqualTo(5);
        }
        JsonObject more = new JsonObject().put("max_tokens", 50);
        assertThat(submitted(service.chat(TestService.chatBody(more))).maxTokens())
                .as("the makers' limit is one")
                .isEqualTo(12);
    }

    /** The makers' limit is no wish of the client's: a context that is shorter ends the answer. */
    @Test
    void aLimitBeyondTheContextRefusesNobody() {
        SamplingDefaults large = new SamplingDefaults(Sampling.NEUTRAL, 100_000);
        try (TestService roomy = TestService.suggesting(large, "short")) {
            assertThat(roomy.chat(TestService.chatBody(new JsonObject())).status())
                    .isEqualTo(200);
            JsonObject least = new JsonObject().put("min_tokens", 3);
            assertThat(roomy.completion(TestService.body("p", least)).status()).isEqualTo(200);
        }
        JsonObject least = new JsonObject().put("min_tokens", 14).put("max_tokens", 20);
        Submission asked = submitted(service.completion(TestService.body("p", least)));
        assertThat(asked.maxTokens()).isEqualTo(12);
        assertThat(asked.minTokens()).isEqualTo(12);
    }

    @Test
    void areToldByTheListOfModels() {
        JsonObject model = service.get("/v1/models").json().getJsonArray("data").getJsonObject(0);
        assertThat(model.getDouble("default_model_temperature")).isEqualTo(0.15);
        assertThat(model.getJsonObject("default_sampling_params")).isEqualTo(new JsonObject("""
            {"temperature": 0.15, "top_k": 40, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.1, "max_tokens": 12}\
            """));
        assertThat(SUGGESTED)
                .hasToString(
                        "temperature 0.15, top_k 40, top_p 0.9, min_p 0.05, repetition_penalty 1.1, max_tokens 12");
        assertThat(SamplingDefaults.NEUTRAL).hasToString("temperature 1");
    }
}
