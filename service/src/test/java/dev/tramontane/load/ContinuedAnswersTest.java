package dev.tramontane.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.EngineConfig;
import dev.tramontane.engine.EngineLoop;
import dev.tramontane.engine.EngineObserver;
import dev.tramontane.fixtures.Kernels;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.generation.Continuation;
import dev.tramontane.generation.EngineTextGenerator;
import dev.tramontane.generation.GenerationConfig;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.kernels.Backend;
import dev.tramontane.model.CacheType;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;

/** Answers of a real model, cut between any two events and continued by another engine: the same text, tokens and usage. */
@Tag("backends")
final class ContinuedAnswersTest {
    private static final int WINDOW = 24;
    private static final int ANSWER = WINDOW + 16;

    @TempDir
    Path directory;

    private static EngineConfig config() {
        return new EngineConfig(
                new EngineConfig.Step(4, 16, 8),
                new EngineConfig.Cache(16, Kernels.cacheType(CacheType.F32), 16 << 20),
                new EngineConfig.Admission(8, 256, 4, 64, 1 << 20));
    }

    private static List<Sampling> samplings() {
        Sampling warm = Sampling.NEUTRAL
                .with(SamplingParameter.TEMPERATURE, 1)
                .with(SamplingParameter.TOP_P, 0.95)
                .withSeed(77);
        return List.of(
                Sampling.GREEDY,
                warm,
                warm.with(SamplingParameter.REPETITION_PENALTY, 1.3)
                        .with(SamplingParameter.PRESENCE_PENALTY, 0.6)
                        .with(SamplingParameter.FREQUENCY_PENALTY, 0.4)
                        .withBias(Map.of(80, 4f, 81, -5f)));
    }

    @ParameterizedTest
    @MethodSource("dev.tramontane.fixtures.Kernels#backends")
    void cutAndContinuedIsUncut(Backend backend) throws IOException {
        for (int window : new int[] {0, WINDOW}) {
            try (LoadedModel loaded = TinyModel.PLAIN.withWindow(window).load(directory, backend)) {
                for (Sampling sampling : samplings()) {
                    StopRules stops = new StopRules(20, List.of("e", "in"), false, Set.of(), true);
                    GenerationRequest request = new GenerationRequest(
                            new Prompt.Text("The quick brown fox"),
                            2,
                            OptionalInt.of(ANSWER),
                            stops,
                            sampling,
                            true,
                            1,
                            -1);
                    assertContinues(loaded, request, window + ", " + sampling);
                }
            }
        }
    }

    private static void assertContinues(LoadedModel loaded, GenerationRequest request, String what) {
        List<GenerationEvent> uncut = events(loaded, List.of(request)).getFirst();
        List<GenerationRequest> rests = new ArrayList<>();
        for (int choice = 0; choice < request.choices(); choice++) {
            List<Delta> told = deltas(uncut, choice);
            assertThat(told).as(what).hasSizeGreaterThan(5);
            for (int cut = 0; cut <= told.size(); cut += 3) {
                rests.add(request.continuing(Continuation.after(choice, told.subList(0, cut))));
            }
        }
        List<List<GenerationEvent>> continued = events(loaded, rests);
        for (int i = 0; i < rests.size(); i++) {
            Continuation from = Objects.requireNonNull(rests.get(i).continuation());
            int choice = from.choice();
            String description = what + ", choice " + choice + " after " + from.tokens().length + " tokens";
            List<String> expected = shown(deltas(uncut, choice));
            List<String> rest = shown(deltas(continued.get(i), choice));
            assertThat(rest)
                    .as(description)
                    .isEqualTo(expected.subList(expected.size() - rest.size(), expected.size()));
            int known = from.tokens().length;
            int all = Continuation.after(choice, deltas(uncut, choice)).tokens().length;
            assertThat(Continuation.after(choice, deltas(continued.get(i), choice))
                            .tokens())
                    .as(description)
                    .hasSize(all - known);
            Finished end = end(continued.get(i), choice);
            assertThat(end.reason())
                    .as(description)
                    .isEqualTo(end(uncut, choice).reason());
            assertThat(end.stopString())
                    .as(description)
                    .isEqualTo(end(uncut, choice).stopString());
            assertThat(end.usage().promptTokens())
                    .as(description)
                    .isEqualTo(end(uncut, choice).usage().promptTokens());
            assertThat(end.usage().completionTokens())
                    .as(description)
                    .isEqualTo(end(uncut, choice).usage().completionTokens());
        }
    }

    /** The events of each request; all run beside each other, on an engine of their own. */
    private static List<List<GenerationEvent>> events(LoadedModel loaded, List<GenerationRequest> requests) {
        EngineLoop engine = new EngineLoop(loaded.model(), config(), EngineObserver.NONE, System::nanoTime);
        engine.start();
        try (EngineTextGenerator generator = new EngineTextGenerator(
                        "tiny", engine, loaded.tokenizer(), new NoLayout("none"), GenerationConfig.DEFAULT);
                engine) {
            return Objects.requireNonNull(Flux.fromIterable(requests)
                    .flatMapSequential(request -> generator.generate(request).collectList(), requests.size())
                    .collectList()
                    .block(Duration.ofMinutes(5)));
        }
    }

    private static List<Delta> deltas(List<GenerationEvent> events, int choice) {
        return events.stream()
                .filter(event -> event instanceof Delta delta && delta.choice() == choice)
                .map(Delta.class::cast)
                .toList();
    }

    private static Finished end(List<GenerationEvent> events, int choice) {
        return events.stream()
                .filter(event -> event instanceof Finished finished && finished.choice() == choice)
                .map(Finished.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static List<String> shown(List<Delta> deltas) {
        return deltas.stream()
                .map(delta -> delta.text()
                        + delta.tokens().stream()
                                .map(token -> token.id() + "@" + token.start() + " " + token.logprob() + " "
                                        + token.tops().getFirst().id())
                                .toList())
                .toList();
    }
}
