package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.NoLayout;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.Sampling;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What follows the point where an answer was cut is what followed it, event by event, however text was held back there. */
final class ContinuationTest {
    private static final Duration GUARD = Duration.ofMinutes(3);

    private static GenerationRequest request(StopRules stops, OptionalInt max, boolean showControl, int choices) {
        return new GenerationRequest(new Prompt.Text("ab"), choices, max, stops, Sampling.GREEDY, showControl, 2, 1);
    }

    /** All events of an answer whose token at each place the script says. */
    private static List<GenerationEvent> events(IntUnaryOperator script, GenerationRequest request) {
        ScriptedEngine engine = new ScriptedEngine(script);
        try (EngineTextGenerator generator = new EngineTextGenerator(
                "toy", engine, new ByteTokenizer(), new NoLayout("none"), new GenerationConfig(1, 4, 1, 16, 4096))) {
            List<GenerationEvent> events = new ArrayList<>();
            Thread stepper = Thread.ofVirtual().start(() -> {
                while (!Thread.interrupted()) {
                    if (!engine.step()) {
                        LockSupport.parkNanos(50_000);
                    }
                }
            });
            try {
                generator.generate(request).doOnNext(events::add).blockLast(GUARD);
            } finally {
                stepper.interrupt();
            }
            return events;
        }
    }

    private static List<Delta> deltas(List<GenerationEvent> events) {
        return events.stream()
                .filter(Delta.class::isInstance)
                .map(Delta.class::cast)
                .toList();
    }

    /** Everything that a delta tells; bytes of a token follow from its id. */
    private static String shown(Delta delta) {
        StringBuilder shown = new StringBuilder(delta.choice() + ":" + delta.text());
        for (GenerationEvent.Token token : delta.tokens()) {
            shown.append('|')
                    .append(token.id())
                    .append('@')
                    .append(token.start())
                    .append(token.logprob());
            token.tops().forEach(top -> shown.append(',').append(top.id()).append(top.logprob()));
        }
        return shown.toString();
    }

    private static void assertContinuesAnywhere(IntUnaryOperator script, GenerationRequest request, String what) {
        List<GenerationEvent> uncut = events(script, request);
        List<Delta> told = deltas(uncut);
        for (int cut = 0; cut <= told.size(); cut++) {
            Continuation from = Continuation.after(0, told.subList(0, cut));
            List<GenerationEvent> rest = events(script, request.continuing(from));
            String description = what + ", cut after " + cut + " of " + told.size();
            assertThat(rest.getFirst()).as(description).isInstanceOf(Accepted.class);
            assertThat(((Accepted) rest.getFirst()).promptText()).isEqualTo("ab");
            assertThat(deltas(rest).stream().map(ContinuationTest::shown))
                    .as(description)
                    .isEqualTo(told.subList(cut, told.size()).stream()
                            .map(ContinuationTest::shown)
                            .toList());
            assertThat(rest.getLast()).as(description).isEqualTo(uncut.getLast());
            assertThat(rest).as(description).hasSize(told.size() - cut + 2);
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 25);
    }

    /** Characters of one to four bytes, texts made of the stop strings' beginnings, control tokens, early ends. */
    @ParameterizedTest
    @MethodSource("seeds")
    void cutBetweenAnyTwoEvents(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String[] pieces = {"a", "b", "ab", "S", "ST", "STO", "é", "漢", "🙂", "STOP", "\ufffd"};
        StringBuilder text = new StringBuilder();
        for (int i = 2 + random.nextInt(14); i > 0; i--) {
            text.append(pieces[random.nextInt(pieces.length)]);
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        int control = random.nextInt(3) == 0 ? random.nextInt(bytes.length) : -1;
        IntUnaryOperator script =
                at -> at == control ? ByteTokenizer.TURN : at < bytes.length ? bytes[at] & 0xff : ByteTokenizer.END;
        List<String> strings = List.of(List.of("STOP"), List.of("aba", "STOP"), List.<String>of())
                .get(random.nextInt(3));
        int min = random.nextInt(3) == 0 ? random.nextInt(8) : 0;
        StopRules stops = new StopRules(min, strings, random.nextBoolean(), Set.of(), false);
        OptionalInt max = random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(bytes.length)) : OptionalInt.empty();
        assertContinuesAnywhere(script, request(stops, max, random.nextBoolean(), 1), "seed " + seed + ": " + text);
    }

    @Test
    void halfACharacterAtTheEnd() {
        IntUnaryOperator euro = at -> new int[] {'a', 0xe2, 0x82, ByteTokenizer.END}[at];
        assertContinuesAnywhere(euro, request(StopRules.at(List.of()), OptionalInt.of(3), false, 1), "by its length");
        assertContinuesAnywhere(
                euro, request(StopRules.at(List.of()), OptionalInt.empty(), false, 1), "by an end token");
    }

    /** The text up to a stop string that stays was told; only the end was not. */
    @Test
    void aCompleteAnswerHasOnlyItsEndLeft() {
        StopRules stops = new StopRules(0, List.of("yz"), true, Set.of(), false);
        IntUnaryOperator script = at -> "xyzt".charAt(at % 4);
        GenerationRequest request = request(stops, OptionalInt.of(40), false, 1);
        List<GenerationEvent> rest =
                events(script, request.continuing(new Continuation(0, new int[] {'x', 'y', 'z'}, 3)));
        assertThat(rest).hasSize(2);
        assertThat(rest.getLast()).isEqualTo(new Finished(0, GenerationEvent.Reason.STOP, "yz", new Usage(2, 0, 3)));
    }

    /** Each choice by itself, with its own index and seed. */
    @Test
    void oneOfSeveralChoices() {
        ScriptedEngine engine = new ScriptedEngine("third");
        try (EngineTextGenerator generator = new EngineTextGenerator(
                "toy", engine, new ByteTokenizer(), new NoLayout("none"), GenerationConfig.DEFAULT)) {
            GenerationRequest three = new GenerationRequest(
                    new Prompt.Text("p"),
                    3,
                    OptionalInt.empty(),
                    StopRules.at(List.of()),
                    Sampling.NEUTRAL.withSeed(40),
                    false,
                    -1,
                    -1);
            List<GenerationEvent> events = new ArrayList<>();
            generator
                    .generate(three.continuing(new Continuation(2, new int[] {'t', 'h'}, 2)))
                    .subscribe(events::add);
            Awaitility.await().atMost(GUARD).until(() -> {
                engine.step();
                return !events.isEmpty() && events.getLast() instanceof Finished;
            });
            assertThat(engine.runs).hasSize(1);
            assertThat(engine.runs.getFirst().submission.sampling().seed()).isEqualTo(42);
            assertThat(deltas(events).stream().map(Delta::text)).containsExactly("i", "r", "d");
            assertThat(deltas(events)).allMatch(delta -> delta.choice() == 2);
            assertThat(((Finished) events.getLast()).choice()).isEqualTo(2);
            assertThat(((Finished) events.getLast()).usage()).isEqualTo(new Usage(1, 0, 6));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "0; ab; 1; its 2 tokens do not make a text of 1 characters",
                "0; ab; 3; its 2 tokens do not make a text of 3 characters",
                "0; yzq; 2; it ended 1 tokens earlier",
                "1; ab; 2; Answer 1 of 1 cannot be continued",
                "-1; ab; 2; Answer -1 of 1 cannot be continued",
                "0; abcdef; 6; An answer of 5 tokens at most cannot be continued after 6"
            })
    void whatCannotHaveBeenInterruptedIsRefused(int choice, String text, int codePoints, String message) {
        StopRules stops = StopRules.at(List.of("yz"));
        GenerationRequest request = request(stops, OptionalInt.of(5), false, 1)
                .continuing(new Continuation(choice, new ByteTokenizer().encode(text), codePoints));
        try {
            events(at -> 'a', request);
        } catch (GenerationException refused) {
            assertThat(refused.kind()).isEqualTo(Kind.INVALID);
            assertThat(refused).hasMessageContaining(message);
            return;
        }
        throw new AssertionError("was not refused");
    }

    @Test
    void anIdOutsideTheVocabularyIsRefusedByName() {
        GenerationRequest request = request(StopRules.at(List.of()), OptionalInt.of(5), false, 1)
                .continuing(new Continuation(0, new int[] {ByteTokenizer.SIZE}, 0));
        try {
            events(at -> 'a', request);
        } catch (GenerationException refused) {
            assertThat(refused).hasMessageContaining("Token 259 of continuation");
            return;
        }
        throw new AssertionError("was not refused");
    }
}
