package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.StepBatch;
import dev.tramontane.source.ModelSource;
import dev.tramontane.tokenizer.PromptText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The real chat model against Hugging Face transformers on the dequantised file ({@code src/test/oracle/README.md}):
 * prompt log-probabilities within the stated error of the backend, and the same greedy tokens. Where the oracle's own
 * choice hangs on less than that error, the test says so and goes on with the oracle's token.
 */
final class SmolLm2OracleTest {
    /** Double accumulation of the same numbers: what is left is the oracle's own float32. */
    private static final float REF_TOLERANCE = 2e-3f;

    /** Activations are rounded, too. */
    private static final float CPU_TOLERANCE = 5e-2f;

    private static final int CHUNK = 128;
    private static final int PAGE = 64;
    private static final int LONGEST = 512;
    private static final int TOKENS = 32;

    /** Tokens of all prompts but one. The reference, which takes twenty times as long, leaves that one to the other. */
    private static final int SHORT = 64;

    @Test
    void theVectorisedBackendAgreesWithTransformers() {
        Assumptions.assumeTrue(Kernels.backends().anyMatch(Backend.CPU::equals), "the cpu backend does not run here");
        agree(Backend.CPU, CPU_TOLERANCE, LONGEST);
    }

    @Test
    @Tag("slow")
    void theReferenceBackendAgreesWithTransformers() {
        agree(Backend.REF, REF_TOLERANCE, SHORT);
    }

    /** @param longest tokens of the prompts that are looked at */
    private static void agree(Backend backend, float tolerance, int longest) {
        Path path = Fetched.smolLm2();
        List<JsonNode> cases = Oracle.stream(Oracle.read("smollm2-greedy").get("cases"))
                .filter(test -> test.get("prompt_ids").size() <= longest)
                .toList();
        assertThat(cases).hasSize(longest == LONGEST ? 5 : 4);
        try (LoadedModel loaded = LoadedModel.load(
                Kernels.library(), ModelSource.open(path), LoadOptions.on(backend), (done, total) -> {})) {
            assertThat(loaded.geometry().layers()).isEqualTo(30);
            // Side by side: to this backend most of a step is reading the weights, however many rows it has.
            Lanes lanes = new Lanes(loaded.model(), PAGE, LONGEST / PAGE, cases.size(), CHUNK, CacheType.F32, 1);
            List<int[]> prompts = new ArrayList<>();
            for (JsonNode test : cases) {
                int[] prompt = Oracle.ints(test.get("prompt_ids"));
                PromptText text = new PromptText(List.of(new PromptText.Part(
                        test.get("prompt").asString(), test.get("parse_special").asBoolean())));
                assertThat(loaded.tokenizer().encode(text))
                        .as("%s: ids", name(test))
                        .isEqualTo(prompt);
                score(test, lanes, prompts.size(), prompt, tolerance);
                prompts.add(prompt);
            }
            decode(cases, lanes, prompts, tolerance);
        }
    }

    private static String name(JsonNode test) {
        return test.get("name").asString();
    }

    private static void score(JsonNode test, Lanes lanes, int slot, int[] prompt, float tolerance) {
        for (int from = 0; from < prompt.length - 1; from += CHUNK) {
            lanes.step(new Lanes.Chunk(slot, prompt, from, Math.min(CHUNK, prompt.length - 1 - from)));
        }
        float[] scores = lanes.scores(slot);
        JsonNode expected = test.get("prompt_logprobs");
        assertThat(scores).hasSize(expected.size());
        float worst = 0;
        for (int i = 0; i < scores.length; i++) {
            float wanted = (float) expected.get(i).asDouble();
            worst = Math.max(worst, Math.abs(scores[i] - wanted));
            assertThat(scores[i])
                    .as("%s: log-probability of prompt token %d", name(test), i + 1)
                    .isCloseTo(wanted, offset(tolerance));
        }
        System.out.printf(
                "%s: %d prompt log-probabilities, largest difference %.1e%n", name(test), scores.length, worst);
    }

    /** Feeds the oracle's tokens one by one, of all cases in one step; each must also be ours, unless the oracle itself was about to tie. */
    private static void decode(List<JsonNode> cases, Lanes lanes, List<int[]> prompts, float tolerance) {
        StepBatch batch = lanes.newBatch();
        for (int i = 0; i < TOKENS; i++) {
            batch.clear();
            for (int slot = 0; slot < prompts.size(); slot++) {
                int[] prompt = prompts.get(slot);
                JsonNode steps = cases.get(slot).get("steps");
                assertThat(steps.size()).isEqualTo(TOKENS);
                int token = i == 0
                        ? prompt[prompt.length - 1]
                        : steps.get(i - 1).get("id").asInt();
                batch.addSpan(slot, prompt.length - 1L + i);
                batch.addDraw(batch.addRow(token), slot, (long) prompt.length + i, Sampling.GREEDY);
            }
            lanes.run(batch);
            for (int slot = 0; slot < prompts.size(); slot++) {
                check(name(cases.get(slot)), i, cases.get(slot).get("steps").get(i), batch, slot, tolerance);
            }
        }
    }

    private static void check(String name, int i, JsonNode step, StepBatch batch, int sample, float tolerance) {
        int token = step.get("id").asInt();
        int runnerUp = step.get("second_id").asInt();
        double gap = step.get("logprob").asDouble() - step.get("second_logprob").asDouble();
        if (batch.resultToken(sample) == runnerUp && gap < tolerance) {
            System.out.printf(
                    "%s: token %d is a tie: the oracle prefers %d to %d by %.1e, less than the tolerance %.0e; "
                            + "going on with the oracle's%n",
                    name, i, token, runnerUp, gap, tolerance);
            return;
        }
        assertThat(batch.resultToken(sample))
                .as("%s: greedy token %d, which the oracle prefers by %.4f", name, i, gap)
                .isEqualTo(token);
        assertThat(batch.resultLogprob(sample))
                .as("%s: log-probability of greedy token %d", name, i)
                .isCloseTo((float) step.get("logprob").asDouble(), offset(tolerance));
    }
}
