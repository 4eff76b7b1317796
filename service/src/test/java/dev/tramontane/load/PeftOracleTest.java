package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.kernels.Backend;
import dev.tramontane.kernels.DType;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.CacheType;
import dev.tramontane.source.ModelSource;
import dev.tramontane.source.PeftAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Adapters that PEFT made against what PEFT computes with merged weights ({@code src/test/oracle/peft_adapters.py}): all in
 * one batch, on the base as Hugging Face's, Mistral's and llama.cpp's files have it.
 */
@Tag("backends")
final class PeftOracleTest {
    private static final double TOLERANCE = 2e-4;

    /** Of matrices and activations of binary16. */
    private static final double DEVICE_TOLERANCE = 1e-2;

    private static final String OF_DEVICES = "models/mistral-window-16";
    private static final int CHUNK = 7;

    static Stream<Arguments> basesAndBackends() {
        return Stream.of(OF_DEVICES, "models/mistral-window-16-native", "llama-cpp/mistral-window-16.gguf")
                .flatMap(base -> Kernels.backendsAndEmulated()
                        .filter(backend -> !backend.isDevice() || base.equals(OF_DEVICES))
                        .map(backend -> Arguments.of(base, backend)));
    }

    @ParameterizedTest
    @MethodSource("basesAndBackends")
    void logProbabilitiesAreThoseOfMergedWeights(String base, Backend backend) {
        JsonNode document = Oracle.read("peft-adapters");
        List<JsonNode> adapters = new ArrayList<>();
        document.get("adapters").forEach(adapters::add);
        double worst = 0;
        try (LoadedModel loaded = LoadedModel.load(
                Kernels.library(),
                ModelSource.open(Oracle.path(base)),
                backend.isDevice() // Which has no matrices of F32.
                        ? LoadOptions.on(backend).withWindow(16).quantizedTo(DType.F16)
                        : LoadOptions.on(backend).withWindow(16),
                (done, total) -> {})) {
            // An emulated device is slow, and its kernels are the same for each.
            int cases =
                    backend.isDevice() ? 1 : adapters.getFirst().get("cases").size();
            double tolerance = backend.isDevice() ? DEVICE_TOLERANCE : TOLERANCE;
            for (int i = 0; i < cases; i++) {
                Lanes lanes = new Lanes(
                        loaded.model(),
                        16,
                        new int[] {4},
                        adapters.size(),
                        64,
                        backend.isDevice() ? CacheType.F16 : CacheType.F32,
                        1,
                        new AdapterRoom(adapters.size(), 16, Adapter.Type.F32));
                List<int[]> prompts = new ArrayList<>();
                for (int a = 0; a < adapters.size(); a++) {
                    try (PeftAdapter adapter = PeftAdapter.open(
                            Oracle.path(
                                    "adapters/" + adapters.get(a).get("name").asString()),
                            loaded.geometry())) {
                        loaded.model().loadAdapter(a + 1, adapter.adapter());
                    }
                    prompts.add(Oracle.ints(adapters.get(a).get("cases").get(i).get("ids")));
                }
                int length = prompts.getFirst().length;
                for (int from = 0; from < length; from += CHUNK) {
                    Lanes.Chunk[] chunks = new Lanes.Chunk[adapters.size()];
                    for (int a = 0; a < chunks.length; a++) {
                        chunks[a] = new Lanes.Chunk(a, prompts.get(a), from, Math.min(CHUNK, length - from), a + 1);
                    }
                    lanes.step(chunks);
                }
                for (int a = 0; a < adapters.size(); a++) {
                    JsonNode expected = adapters.get(a).get("cases").get(i).get("logprobs");
                    for (int p = 0; p < expected.size(); p++) {
                        double off =
                                Math.abs(lanes.scores(a)[p] - expected.get(p).asDouble());
                        assertThat(off <= tolerance)
                                .as(
                                        "%s on %s: token %d of %d is off by %f",
                                        adapters.get(a).get("name"), backend, p + 1, length, off)
                                .isTrue();
                        worst = Math.max(worst, off);
                    }
                }
            }
        }
        System.out.printf("adapters of %s on %s: largest difference %.1e%n", base, backend, worst);
    }
}
