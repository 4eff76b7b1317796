package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.engine.RefusedException.Cause;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.structure.Form;
import dev.tramontane.tokenizer.EncodingLimit;
import dev.tramontane.tokenizer.PromptText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.util.context.Context;

/** Answers whose places are given up while nobody reads: what their readers get, and when they come back. */
final class YieldedAnswersTest {
    private static final Duration GUARD = Duration.ofMinutes(3);

    private final List<EngineTextGenerator> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(EngineTextGenerator::close);
    }

    private EngineTextGenerator generator(ScriptedEngine engine) {
        EngineTextGenerator generator = new EngineTextGenerator(
                "toy", engine, new ByteTokenizer(), new NoLayout("none"), new GenerationConfig(1, 4, 1, 16, 4096));
        open.add(generator);
        return generator;
    }

    private static GenerationRequest request(StopRules stops, int choices) {
        return new GenerationRequest(
                new Prompt.Text("ab"), choices, OptionalInt.empty(), stops, Sampling.GREEDY.withSeed(7), false, 2, -1);
    }

    /** Keeps what comes, and comes and goes as the test says. */
    private static final class Reader extends BaseSubscriber<GenerationEvent> {
        final Presence presence = new Presence();
        final List<GenerationEvent> events = new CopyOnWriteArrayList<>();
        volatile @Nullable Throwable error;
        volatile boolean over;
        int wanted;

        @Override
        public Context currentContext() {
            return presence.inContext();
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(GenerationEvent event) {
            events.add(event);
        }

        @Override
        protected void hookOnError(Throwable cause) {
            error = cause;
            over = true;
        }

        @Override
        protected void hookOnComplete() {
            over = true;
        }

        void want(int more) {
            wanted += more;
            request(more);
        }

        boolean hasAll() {
            return over || events.size() == wanted;
        }
    }

    private Reader read(ScriptedEngine engine, GenerationRequest request) {
        Reader reader = new Reader();
        generator(engine).generate(request).subscribe(reader);
        return reader;
    }

    private static void until(ScriptedEngine engine, BooleanSupplier reached) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(GUARD)
                .until(() -> {
                    engine.step();
                    return reached.getAsBoolean();
                });
    }

    private static boolean allGone(ScriptedEngine engine) {
        return engine.runs.stream().allMatch(ScriptedEngine.Run::over);
    }

    /** Deltas hold arrays, and records compare these by reference. */
    private static List<String> shown(List<GenerationEvent> events, int choice) {
        List<String> shown = new ArrayList<>();
        for (GenerationEvent event : events) {
            if (event instanceof Delta delta && delta.choice() == choice) {
                shown.add(delta.text()
                        + delta.tokens().stream()
                                .map(token -> "|" + token.id() + "@" + token.start() + token.logprob())
                                .toList());
            } else if (event instanceof Finished finished && finished.choice() == choice) {
                shown.add(finished.toString());
            }
        }
        return shown;
    }

    /** Who keeps an answer's events for readers to come keeps nothing of what made them: not after its end, nor once he has left. */
    @Test
    void whatIsOverIsNotHeld() {
        StopRules stops = new StopRules(0, List.of(), false, Set.of(), false);
        ScriptedEngine engine = new ScriptedEngine("abc");
        Reader whole = read(engine, request(stops, 1));
        assertThat(whole.presence.isHeeded()).isTrue();
        whole.requestUnbounded();
        until(engine, () -> whole.over && !whole.presence.isHeeded());

        Reader left = read(engine, request(stops, 1));
        left.want(1);
        until(engine, left::hasAll);
        left.cancel();
        until(engine, () -> !left.presence.isHeeded());
    }

    /** Characters of one to four bytes, beginnings of stop strings, two answers; given up wherever nothing is wanted. */
    @Test
    void whoeverComesBackReadsWhatHeWouldHaveRead() {
        int given = 0;
        for (int seed = 1; seed <= 25; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String[] pieces = {"a", "b", "ab", "S", "ST", "STO", "é", "漢", "🙂", "STOP", "\ufffd"};
            String[] texts = new String[2];
            for (int i = 0; i < 2; i++) {
                StringBuilder text = new StringBuilder();
                for (int more = 2 + random.nextInt(14); more > 0; more--) {
                    text.append(pieces[random.nextInt(pieces.length)]);
                }
                texts[i] = text.toString();
            }
            StopRules stops =
                    new StopRules(random.nextInt(4), List.of("STOP", "aba"), random.nextBoolean(), Set.of(), false);
            GenerationRequest request = request(stops, 1 + random.nextInt(2));

            ScriptedEngine calm = new ScriptedEngine(texts);
            Reader uncut = read(calm, request);
            uncut.requestUnbounded();
            until(calm, () -> uncut.over);

            ScriptedEngine crowded = new ScriptedEngine(texts);
            crowded.crowd();
            Reader reader = read(crowded, request);
            while (!reader.over) {
                reader.want(1 + random.nextInt(4));
                until(crowded, reader::hasAll);
                if (random.nextBoolean()) {
                    reader.presence.set(false);
                    until(crowded, () -> reader.over || allGone(crowded));
                }
                reader.presence.set(true);
            }
            given += crowded.runs.size() - request.choices();
            for (int choice = 0; choice < request.choices(); choice++) {
                assertThat(shown(reader.events, choice))
                        .as("seed %d: %s", seed, texts[choice])
                        .isEqualTo(shown(uncut.events, choice));
            }
            assertThat(reader.events.getFirst()).isInstanceOf(Accepted.class);
            assertThat(reader.events).hasSameSizeAs(uncut.events);
        }
        assertThat(given).as("places given up").isGreaterThan(50);
    }

    private static final GenerationRequest ONE = request(StopRules.at(List.of()), 1);

    /** An answer that has given its place up after an event and two tokens. */
    private Reader gone(ScriptedEngine engine) {
        engine.crowd();
        Reader reader = read(engine, ONE);
        reader.want(3);
        until(engine, reader::hasAll);
        reader.presence.set(false);
        until(engine, () -> allGone(engine));
        return reader;
    }

    @Test
    void nothingIsSubmittedUntilSomebodyIsThereAndWantsMore() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        Reader reader = gone(engine);
        reader.want(2);
        assertThat(engine.runs).as("wanted by nobody").hasSize(1);
        reader.presence.set(true);
        until(engine, reader::hasAll);
        assertThat(engine.runs).hasSize(2);
        assertThat(engine.runs.getLast().submission.continued()).isEqualTo(2);
        reader.presence.set(false);
        until(engine, () -> allGone(engine));
        reader.presence.set(true);
        reader.presence.set(false);
        reader.presence.set(true);
        assertThat(engine.runs).as("nothing is wanted").hasSize(2);
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(engine.runs).hasSize(3);
        assertThat(reader.error).isNull();
    }

    /** Two answers come back, the second when the first was asked for all that is wanted: it is not put off until that one has ended. */
    @Test
    void whoComesBackBesideAnotherHasHisShare() {
        ScriptedEngine engine = new ScriptedEngine("a".repeat(60), "b".repeat(60));
        engine.crowd();
        AtomicInteger prepared = new AtomicInteger();
        EngineTextGenerator generator = new EngineTextGenerator(
                "toy",
                engine,
                new ByteTokenizer(),
                new NoLayout("none"),
                new GenerationConfig(1, 4, 1, 16, 4096),
                SamplingDefaults.NEUTRAL,
                (fresh, nanos, bytes) -> {
                    if (prepared.incrementAndGet() == 3) {
                        Awaitility.await()
                                .pollDelay(Duration.ZERO)
                                .pollInterval(Duration.ofMillis(1))
                                .atMost(GUARD)
                                .until(() -> engine.runs.size() == 3
                                        && engine.runs.get(2).demanded() > 0);
                    }
                });
        open.add(generator);
        Reader reader = new Reader();
        generator
                .generate(request(StopRules.at(List.of()), 2)
                        .formed(new AnswerForm(new Form.Regex("[ab]*"), "structured_outputs", 5, "")))
                .subscribe(reader);
        reader.want(5);
        until(engine, reader::hasAll);
        reader.presence.set(false);
        until(engine, () -> allGone(engine));
        reader.presence.set(true);
        while (!reader.over) {
            reader.want(8);
            until(engine, reader::hasAll);
        }
        assertThat(reader.error).isNull();
        int second = 0;
        boolean ended = false;
        for (GenerationEvent event : reader.events.subList(5, reader.events.size())) {
            ended |= event instanceof Finished finished && finished.choice() == 0;
            second += !ended && event instanceof Delta delta && delta.choice() == 1 ? 1 : 0;
        }
        assertThat(second).as("tokens of the second before the first has ended").isPositive();
    }

    /** What was found of its prompt is what was found where it began: its own pages, found on its return, are no news. */
    @Test
    void whatWasFoundIsToldOnce() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        engine.cached = 1;
        Reader reader = gone(engine);
        engine.cached = 2;
        reader.presence.set(true);
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(reader.events)
                .filteredOn(Delta.class::isInstance)
                .hasSize(5)
                .allSatisfy(event -> assertThat(((Delta) event).cachedTokens()).isEqualTo(1));
        assertThat(((Finished) reader.events.getLast()).usage().cachedTokens()).isEqualTo(1);
    }

    /** Somebody who is always there, or a subscriber who says nothing of it, never loses his place. */
    @Test
    void whoIsThereKeepsHisPlace() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        engine.crowd();
        Reader reader = read(engine, ONE);
        for (int i = 0; i < 3; i++) {
            reader.want(1);
            until(engine, reader::hasAll);
            engine.step();
        }
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(engine.runs).hasSize(1);
    }

    @Test
    void whoIsRefusedOnHisReturnTriesAgain() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        Reader reader = gone(engine);
        engine.refuse(new RefusedException(Cause.BUSY, "full", 1));
        reader.presence.set(true);
        reader.requestUnbounded();
        until(engine, () -> engine.refused() > 0);
        assertThat(reader.over).isFalse();
        engine.refuse(null);
        until(engine, () -> reader.over);
        assertThat(reader.error).isNull();
        assertThat(shown(reader.events, 0)).hasSize(6);
    }

    @Test
    void whoComesBackTooLateHasWhatThereIs() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        Reader reader = gone(engine);
        engine.refuse(new RefusedException(Cause.LATE, "late", 1));
        reader.presence.set(true);
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(reader.error).isNull();
        Finished last = (Finished) reader.events.getLast();
        assertThat(last.reason()).isEqualTo(Reason.DEADLINE);
        assertThat(last.usage().completionTokens()).isEqualTo(2);
        assertThat(last.usage().promptTokens()).isEqualTo(2);
    }

    @Test
    void whoComesBackToAClosedServerIsTold() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        Reader reader = gone(engine);
        engine.refuse(new RefusedException(Cause.UNAVAILABLE, "closed", 0));
        reader.presence.set(true);
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(reader.error)
                .isInstanceOfSatisfying(
                        GenerationException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE));
    }

    /** Keeps one prompt on its thread until the test lets it go. */
    private static final class HoldingTokenizer extends ByteTokenizer {
        static final String HELD = "held";
        final CountDownLatch holds = new CountDownLatch(1);
        final CountDownLatch free = new CountDownLatch(1);

        @Override
        public int[] encode(PromptText prompt, EncodingLimit limit) {
            int[] ids = super.encode(prompt, limit);
            if (Arrays.equals(ids, encode(HELD))) {
                holds.countDown();
                try {
                    free.await();
                } catch (InterruptedException unexpected) {
                    throw new AssertionError(unexpected);
                }
            }
            return ids;
        }
    }

    /** A form's masks, and the way through them, take time: whoever delivers others' answers has none for that. */
    @Test
    void whoComesBackIsPreparedOnAPromptThread() {
        List<String> threads = new CopyOnWriteArrayList<>();
        ScriptedEngine engine = new ScriptedEngine("hello");
        engine.crowd();
        Reader reader = new Reader();
        EngineTextGenerator generator = new EngineTextGenerator(
                "toy",
                engine,
                new ByteTokenizer(),
                new NoLayout("none"),
                new GenerationConfig(1, 4, 1, 16, 4096),
                SamplingDefaults.NEUTRAL,
                (fresh, nanos, bytes) -> threads.add(Thread.currentThread().getName()));
        open.add(generator);
        generator
                .generate(ONE.formed(new AnswerForm(new Form.Regex("hel*o"), "structured_outputs", 5, "")))
                .subscribe(reader);
        reader.want(3);
        until(engine, reader::hasAll);
        reader.presence.set(false);
        until(engine, () -> allGone(engine));
        reader.presence.set(true);
        reader.requestUnbounded();
        until(engine, () -> reader.over);
        assertThat(reader.error).isNull();
        assertThat(shown(reader.events, 0)).hasSize(6);
        assertThat(engine.runs).hasSize(2);
        assertThat(threads).hasSize(2).allSatisfy(name -> assertThat(name).startsWith("prompt-"));
    }

    /** The prompt threads are busy and their queue is full: whoever comes back waits as for a full engine. */
    @Test
    void whoFindsThePromptThreadsFullTriesAgain() throws InterruptedException {
        ScriptedEngine engine = new ScriptedEngine("hello");
        engine.crowd();
        HoldingTokenizer gate = new HoldingTokenizer();
        EngineTextGenerator generator = new EngineTextGenerator(
                "toy", engine, gate, new NoLayout("none"), new GenerationConfig(1, 1, 1, 16, 4096));
        open.add(generator);
        Reader reader = new Reader();
        generator.generate(ONE).subscribe(reader);
        reader.want(3);
        until(engine, reader::hasAll);
        Reader other = new Reader();
        generator.generate(ONE).subscribe(other);
        other.want(1);
        until(engine, other::hasAll);
        reader.presence.set(false);
        until(engine, () -> engine.runs.getFirst().over());
        CompletableFuture<int @Nullable []> held =
                generator.tokenize(new Prompt.Text(HoldingTokenizer.HELD), 10).toFuture();
        gate.holds.await();
        CompletableFuture<int @Nullable []> waits =
                generator.tokenize(new Prompt.Text("waits"), 10).toFuture();
        reader.presence.set(true);
        reader.requestUnbounded();
        other.want(1); // Delivered after the refusal: there is one thread for both.
        until(engine, other::hasAll);
        assertThat(engine.runs).hasSize(2);
        gate.free.countDown();
        until(engine, () -> reader.over);
        assertThat(reader.error).isNull();
        assertThat(shown(reader.events, 0)).hasSize(6);
        assertThat(held.join()).isNotEmpty();
        assertThat(waits.join()).isNotEmpty();
    }

    /** Cancelled while what it comes back with is made: it is not submitted. */
    @Test
    void whoCancelsWhileHisReturnIsPreparedIsGoneForGood() throws InterruptedException {
        ScriptedEngine engine = new ScriptedEngine("hello");
        engine.crowd();
        HoldingTokenizer gate = new HoldingTokenizer();
        EngineTextGenerator generator = new EngineTextGenerator(
                "toy", engine, gate, new NoLayout("none"), new GenerationConfig(1, 4, 1, 16, 4096));
        open.add(generator);
        Reader reader = new Reader();
        generator.generate(ONE).subscribe(reader);
        reader.want(3);
        until(engine, reader::hasAll);
        reader.presence.set(false);
        until(engine, () -> allGone(engine));
        CompletableFuture<int @Nullable []> held =
                generator.tokenize(new Prompt.Text(HoldingTokenizer.HELD), 10).toFuture();
        gate.holds.await();
        reader.presence.set(true);
        reader.requestUnbounded();
        reader.cancel();
        gate.free.countDown();
        held.join();
        generator.tokenize(new Prompt.Text("after it"), 10).block(GUARD);
        until(engine, () -> !reader.presence.isHeeded());
        assertThat(engine.runs).hasSize(1);
    }

    /** Cancelled while it has no place: nothing comes back. */
    @Test
    void whoCancelsMeanwhileIsGoneForGood() {
        ScriptedEngine engine = new ScriptedEngine("hello");
        Reader reader = gone(engine);
        reader.cancel();
        reader.presence.set(true);
        engine.step();
        assertThat(engine.runs).hasSize(1);
    }
}
