package dev.tramontane.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.chat.ChatLayout;
import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.NoLayout;
import dev.tramontane.engine.RefusedException;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.model.Sampling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

class EngineTextGeneratorTest {
    private final List<AutoCloseable> open = new ArrayList<>();

    private static ConditionFactory await() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open.reversed()) {
            resource.close();
        }
    }

    private static final ChatLayout NO_CHATS = new NoLayout("This model cannot chat.");

    private EngineTextGenerator generator(ScriptedEngine engine, ChatLayout layout, boolean addsBos) {
        var generator = new EngineTextGenerator(
                "toy", engine, new ByteTokenizer(addsBos), layout, new GenerationConfig(1, 4, 2, 16, 4096));
        open.add(generator);
        open.add(engine);
        return generator;
    }

    private EngineTextGenerator generator(ScriptedEngine engine) {
        return generator(engine, NO_CHATS, false);
    }

    /** A request with the fields that tests vary. */
    private record Ask(
            Prompt prompt,
            int n,
            OptionalInt max,
            int min,
            List<String> stop,
            boolean include,
            int tops,
            int promptTops,
            boolean ignoreEnd,
            boolean showControl) {
        static Ask of(String prompt) {
            return new Ask(new Prompt.Text(prompt), 1, OptionalInt.empty(), 0, List.of(), false, -1, -1, false, false);
        }

        Ask choices(int choices) {
            return new Ask(prompt, choices, max, min, stop, include, tops, promptTops, ignoreEnd, showControl);
        }

        Ask max(int tokens) {
            return new Ask(
                    prompt, n, OptionalInt.of(tokens), min, stop, include, tops, promptTops, ignoreEnd, showControl);
        }

        Ask min(int tokens) {
            return new Ask(prompt, n, max, tokens, stop, include, tops, promptTops, ignoreEnd, showControl);
        }

        Ask stop(String... stops) {
            return new Ask(prompt, n, max, min, List.of(stops), include, tops, promptTops, ignoreEnd, showControl);
        }

        Ask including() {
            return new Ask(prompt, n, max, min, stop, true, tops, promptTops, ignoreEnd, showControl);
        }

        Ask scored(int newTops, int newPromptTops) {
            return new Ask(prompt, n, max, min, stop, include, newTops, newPromptTops, ignoreEnd, showControl);
        }

        Ask pastEnd(boolean show) {
            return new Ask(prompt, n, max, min, stop, include, tops, promptTops, true, show);
        }

        Ask from(Prompt other) {
            return new Ask(other, n, max, min, stop, include, tops, promptTops, ignoreEnd, showControl);
        }

        GenerationRequest request() {
            return new GenerationRequest(
                    prompt,
                    n,
                    max,
                    new StopRules(min, stop, include, Set.of(), ignoreEnd),
                    Sampling.GREEDY,
                    showControl,
                    tops,
                    promptTops);
        }
    }

    /** Collects what arrives; requests nothing by itself. */
    private static class Reader extends BaseSubscriber<GenerationEvent> {
        final List<GenerationEvent> events = new CopyOnWriteArrayList<>();
        final AtomicBoolean complete = new AtomicBoolean();
        volatile @Nullable Throwable error;
        volatile String thread = "";

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(GenerationEvent event) {
            thread = Thread.currentThread().getName();
            events.add(event);
        }

        @Override
        protected void hookOnError(Throwable cause) {
            error = cause;
        }

        @Override
        protected void hookOnComplete() {
            complete.set(true);
        }

        String text(int choice) {
            return events.stream()
                    .filter(event -> event instanceof Delta delta && delta.choice() == choice)
                    .map(event -> ((Delta) event).text())
                    .collect(Collectors.joining());
        }

        Finished finished(int choice) {
            return events.stream()
                    .filter(event -> event instanceof Finished finished && finished.choice() == choice)
                    .map(Finished.class::cast)
                    .findFirst()
                    .orElseThrow();
        }

        boolean over() {
            return complete.get() || error != null;
        }
    }

    /** Subscribes with unlimited demand and steps until the stream is over. */
    private static Reader run(ScriptedEngine engine, EngineTextGenerator generator, Ask ask) {
        Reader reader = new Reader();
        generator.generate(ask.request()).subscribe(reader);
        reader.requestUnbounded();
        await().until(() -> {
            engine.step();
            return reader.over();
        });
        return reader;
    }

    private static GenerationException refusal(Reader reader) {
        assertThat(reader.error).isInstanceOf(GenerationException.class);
        return (GenerationException) Objects.requireNonNull(reader.error);
    }

    @Test
    void acceptsThenStreamsThenFinishes() {
        ScriptedEngine engine = new ScriptedEngine("hi");
        EngineTextGenerator generator = generator(engine, NO_CHATS, true);
        Reader reader = new Reader();
        generator.generate(Ask.of("ab").request()).subscribe(reader);
        reader.requestUnbounded();
        await().until(() -> {
            engine.step();
            return reader.over();
        });
        assertThat(((Accepted) reader.events.getFirst()).promptIds()).containsExactly(ByteTokenizer.BOS, 'a', 'b');
        assertThat(((Accepted) reader.events.getFirst()).promptText()).isEqualTo("ab");
        assertThat(reader.text(0)).isEqualTo("hi");
        assertThat(reader.events.getLast())
                .isEqualTo(new Finished(0, Reason.STOP, "", new Usage(3, 0, 3))); // The end token counts.
        assertThat(reader.complete).isTrue();
        assertThat(reader.thread).startsWith("delivery-");
    }

    @Test
    void demandReachesTheEngineExactly() {
        ScriptedEngine engine = new ScriptedEngine("abcdefgh");
        EngineTextGenerator generator = generator(engine);
        StepVerifier.create(generator.generate(Ask.of("x").request()), 0)
                .expectSubscription()
                .thenRequest(1)
                .expectNextMatches(Accepted.class::isInstance)
                .then(() -> {
                    engine.step();
                    assertThat(engine.runs.getFirst().demanded()).isZero();
                })
                .thenRequest(3)
                .then(() -> steps(engine, 3))
                .expectNextCount(3)
                .then(() -> {
                    engine.step();
                    assertThat(engine.runs.getFirst().demanded()).isEqualTo(3);
                    assertThat(engine.runs.getFirst().sampled()).isEqualTo(3);
                })
                .thenRequest(2)
                .then(() -> steps(engine, 5))
                .expectNextCount(2)
                .thenCancel()
                .verify();
        await().until(() -> {
            engine.step();
            return engine.runs.getFirst().over();
        });
        assertThat(engine.runs.getFirst().sampled()).isEqualTo(5);
    }

    private static void steps(ScriptedEngine engine, int sampled) {
        await().until(() -> {
            engine.step();
            return engine.runs.getFirst().sampled() >= sampled;
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void neverMoreTokensThanDemanded(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            int n = 1 + random.nextInt(4);
            String text = "é€x<stop".repeat(1 + random.nextInt(6));
            ScriptedEngine engine = new ScriptedEngine(text, text + "!", "€", "");
            Reader reader = new Reader();
            generator(engine)
                    .generate(Ask.of("p").choices(n).stop("<stop>").request())
                    .subscribe(reader);
            long demanded = 0;
            while (!reader.over()) {
                long more = random.nextInt(4);
                if (more > 0) {
                    demanded += more;
                    reader.request(more);
                }
                engine.step();
                // One grant stands for one event to come; half characters and held-back text are asked for anew, so
                // what was sampled is bounded by what was delivered, and what is on its way by what was demanded.
                long onTheWay = engine.runs.stream()
                        .mapToLong(run -> run.over() ? 0 : run.demanded() - run.sampled())
                        .sum();
                assertThat(onTheWay).as("seed %d round %d", seed, round).isLessThanOrEqualTo(Math.min(16, demanded));
                assertThat(reader.events.size()).isLessThanOrEqualTo((int) demanded);
            }
            assertThat(reader.error).as("seed %d round %d", seed, round).isNull();
            String[] texts = {text, text + "!", "€", ""};
            for (int choice = 0; choice < n; choice++) {
                assertThat(reader.text(choice))
                        .as("seed %d round %d", seed, round)
                        .isEqualTo(texts[choice]);
            }
        }
    }

    @Test
    void anUnlimitedSubscriberThatStandsStillHoldsABoundedBuffer() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(at -> 'a');
        var gate = new CountDownLatch(1);
        var stuck = new CountDownLatch(1);
        Reader reader = new Reader() {
            @Override
            protected void hookOnNext(GenerationEvent event) {
                if (event instanceof Delta) {
                    stuck.countDown();
                    try {
                        gate.await();
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }
                super.hookOnNext(event);
            }
        };
        generator(engine).generate(Ask.of("p").max(100).request()).subscribe(reader);
        reader.requestUnbounded();
        await().until(() -> {
            engine.step();
            return stuck.getCount() == 0;
        });
        for (int i = 0; i < 1000; i++) {
            engine.step();
        }
        assertThat(engine.runs.getFirst().sampled()).isLessThanOrEqualTo(16);
        gate.countDown();
        await().until(() -> {
            engine.step();
            return reader.over();
        });
        assertThat(reader.text(0)).isEqualTo("a".repeat(100));
    }

    @Test
    void choicesTakeTurns() {
        ScriptedEngine engine = new ScriptedEngine("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc");
        Reader reader = new Reader();
        generator(engine).generate(Ask.of("p").choices(3).request()).subscribe(reader);
        for (int i = 1; i <= 10; i++) {
            reader.request(1);
            int count = i;
            await().until(() -> {
                engine.step();
                return reader.events.size() == count;
            });
        }
        assertThat(engine.runs).extracting(ScriptedEngine.Run::sampled).containsExactly(3, 3, 3);
        reader.cancel();
    }

    @Test
    void aStopStringAcrossTokensIsCutExactlyAndFreesTheSequence() {
        ScriptedEngine engine = new ScriptedEngine("one STOP two".repeat(50));
        Reader reader = run(engine, generator(engine), Ask.of("p").stop("STOP", "zzz"));
        assertThat(reader.text(0)).isEqualTo("one ");
        assertThat(reader.finished(0)).isEqualTo(new Finished(0, Reason.STOP, "STOP", new Usage(1, 0, 8)));
        assertThat(engine.runs.getFirst().cancelled()).isTrue();
        assertThat(engine.runs.getFirst().sampled()).isLessThan(8 + 17);
        List<Integer> ids = reader.events.stream()
                .filter(Delta.class::isInstance)
                .flatMap(event -> ((Delta) event).tokens().stream())
                .map(GenerationEvent.Token::id)
                .toList();
        assertThat(ids).containsExactly((int) 'o', (int) 'n', (int) 'e', (int) ' '); // What was cut is not reported.
    }

    @Test
    void theStopStringStaysWhenAskedFor() {
        ScriptedEngine engine = new ScriptedEngine("one STOP two");
        assertThat(run(engine, generator(engine), Ask.of("p").stop("STOP").including())
                        .text(0))
                .isEqualTo("one STOP");
    }

    @Test
    void stopStringsDoNotCountBeforeMinTokens() {
        ScriptedEngine engine = new ScriptedEngine("a.b.c.d.");
        assertThat(run(engine, generator(engine), Ask.of("p").stop(".").min(4)).text(0))
                .isEqualTo("a.b.c");
    }

    @Test
    void textHeldBackForAStopStringComesAtTheEnd() {
        ScriptedEngine engine = new ScriptedEngine("almost STO");
        assertThat(run(engine, generator(engine), Ask.of("p").stop("STOP")).text(0))
                .isEqualTo("almost STO");
    }

    @Test
    void charactersAreNeverCut() {
        String text = "né 漢 🙂 ok";
        ScriptedEngine engine = new ScriptedEngine(text);
        Reader reader = run(engine, generator(engine), Ask.of("p"));
        assertThat(reader.text(0)).isEqualTo(text);
        assertThat(reader.events).allSatisfy(event -> {
            if (event instanceof Delta delta) {
                assertThat(delta.text()).doesNotContain("\ufffd").isNotEmpty();
                assertThat(delta.tokens()).isNotEmpty();
            }
        });
        assertThat(reader.events.stream()
                        .filter(Delta.class::isInstance)
                        .mapToInt(event -> ((Delta) event).tokens().size())
                        .sum())
                .isEqualTo(new ByteTokenizer().encode(text).length);
    }

    @Test
    void halfACharacterAtTheEndIsFlushed() {
        ScriptedEngine engine = new ScriptedEngine("ab€");
        Reader reader = run(engine, generator(engine), Ask.of("p").max(4));
        assertThat(reader.text(0)).isEqualTo("ab\ufffd");
        assertThat(reader.finished(0).reason()).isEqualTo(Reason.LENGTH);
    }

    @Test
    void controlTokensAreHiddenOrShown() {
        ScriptedEngine engine = new ScriptedEngine(at -> at == 1 ? ByteTokenizer.END : 'a');
        EngineTextGenerator generator = generator(engine);
        Reader hidden = run(engine, generator, Ask.of("p").max(3).pastEnd(false));
        assertThat(hidden.text(0)).isEqualTo("aa");
        assertThat(hidden.events.stream().filter(Delta.class::isInstance)).hasSize(3); // One event a token.
        assertThat(run(engine, generator, Ask.of("p").max(3).pastEnd(true)).text(0))
                .isEqualTo("a</s>a");
    }

    @Test
    void promptScoresComeBeforeTheText() {
        ScriptedEngine engine = new ScriptedEngine("é");
        Reader reader = run(engine, generator(engine), Ask.of("xy€").scored(2, 1));
        Scored scored = (Scored) reader.events.get(1);
        assertThat(scored.prompt()).hasSize(5);
        assertThat(scored.prompt().getFirst().logprob()).isNaN();
        assertThat(scored.prompt().get(1).tops()).hasSize(1);
        assertThat(scored.prompt().get(2).text()).isEqualTo("\\xe2");
        Delta delta = (Delta) reader.events.get(2);
        assertThat(delta.tokens()).extracting(GenerationEvent.Token::id).containsExactly(0xc3, 0xa9);
        assertThat(delta.tokens().getFirst().tops()).hasSize(2);
    }

    @Test
    void scoringAloneGeneratesNothing() {
        ScriptedEngine engine = new ScriptedEngine("never");
        EngineTextGenerator generator = generator(engine);
        Reader reader = run(engine, generator, Ask.of("xyz").max(0).scored(-1, 0));
        assertThat(reader.events).hasExactlyElementsOfTypes(Accepted.class, Scored.class, Finished.class);
        assertThat(reader.finished(0)).isEqualTo(new Finished(0, Reason.LENGTH, "", new Usage(3, 0, 0)));
        Reader one = run(engine, generator, Ask.of("x").max(0).scored(-1, 0));
        assertThat(((Scored) one.events.get(1)).prompt()).hasSize(1);
    }

    @Test
    void cancellingReachesTheEngineAtOnce() {
        ScriptedEngine engine = new ScriptedEngine("abc", "def");
        Reader reader = new Reader();
        generator(engine).generate(Ask.of("p").choices(2).request()).subscribe(reader);
        reader.request(2);
        await().until(() -> {
            engine.step();
            return reader.events.size() == 2;
        });
        reader.cancel();
        assertThat(engine.runs).allMatch(ScriptedEngine.Run::cancelled); // Before cancel() returned.
        int seen = reader.events.size();
        engine.step();
        assertThat(engine.runs).allMatch(ScriptedEngine.Run::over);
        assertThat(reader.events).hasSize(seen);
        assertThat(reader.over()).isFalse();
    }

    @Test
    void cancelledBeforeTheEngineKnowsOfIt() {
        ScriptedEngine engine = new ScriptedEngine("abc");
        EngineTextGenerator generator = generator(engine);
        for (int i = 0; i < 50; i++) {
            Reader reader = new Reader();
            generator.generate(Ask.of("p").request()).subscribe(reader);
            reader.cancel();
        }
        Reader last = run(engine, generator, Ask.of("p"));
        assertThat(last.text(0)).isEqualTo("abc");
        await().until(
                        () -> { // The last one may be quicker than others are given up.
                            engine.step();
                            return engine.runs.stream().allMatch(ScriptedEngine.Run::over);
                        });
    }

    @Test
    void failuresAreTranslated() {
        ScriptedEngine failing = new ScriptedEngine(at -> at == 2 ? ScriptedEngine.FAIL : 'a');
        Reader failed = run(failing, generator(failing), Ask.of("p").choices(2));
        assertThat(refusal(failed).kind()).isEqualTo(Kind.FAILED);
        assertThat(failed.error).hasMessage("The model gave no finite number.");
        failing.step();
        assertThat(failing.runs).allMatch(ScriptedEngine.Run::over);

        ScriptedEngine busy = new ScriptedEngine("a");
        busy.refuse(new RefusedException(RefusedException.Cause.BUSY, "The queue is full.", 7));
        GenerationException refused = refusal(run(busy, generator(busy), Ask.of("p")));
        assertThat(refused.kind()).isEqualTo(Kind.BUSY);
        assertThat(refused.retryAfterSeconds()).isEqualTo(7);

        ScriptedEngine closing = new ScriptedEngine(at -> 'a');
        EngineTextGenerator generator = generator(closing);
        Reader cut = new Reader();
        generator.generate(Ask.of("p").request()).subscribe(cut);
        cut.requestUnbounded();
        await().until(() -> !closing.runs.isEmpty());
        closing.close();
        await().until(cut::over);
        assertThat(refusal(cut).kind()).isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void promptsThatCannotRunAreRefusedBeforeTheEngineSeesThem() {
        ScriptedEngine engine = new ScriptedEngine("a");
        EngineTextGenerator generator = generator(engine);
        record Case(Ask ask, Kind kind, String parameter) {}
        List<Case> cases = List.of(
                new Case(Ask.of(""), Kind.INVALID, "prompt"),
                new Case(Ask.of("x".repeat(ScriptedEngine.CONTEXT)), Kind.TOO_LARGE, "prompt"),
                new Case(Ask.of("x").max(ScriptedEngine.CONTEXT), Kind.TOO_LARGE, "max_tokens"),
                new Case(Ask.of("x").choices(9), Kind.INVALID, "n"),
                new Case(Ask.of("x".repeat(3000)).scored(-1, 5), Kind.INVALID, "logprobs"),
                new Case(Ask.of("x").from(new Prompt.Ids(new int[] {1, 259})), Kind.INVALID, "prompt"),
                new Case(Ask.of("x").from(new Prompt.Ids(new int[] {-1})), Kind.INVALID, "prompt"),
                new Case(
                        Ask.of("x")
                                .from(new Prompt.Chat(new Conversation(List.of(), List.of(), true, false, Map.of()))),
                        Kind.INVALID,
                        "messages"));
        for (Case one : cases) {
            GenerationException refused = refusal(run(engine, generator, one.ask()));
            assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(one.kind());
            assertThat(refused.parameter()).as(refused.getMessage()).isEqualTo(one.parameter());
        }
        assertThat(engine.runs).isEmpty();
    }

    @Test
    void chatsAreLaidOutWithControlTokensFromTheTemplateOnly() {
        ChatLayout layout = conversation -> {
            if (conversation.messages().isEmpty()) {
                throw new ChatLayoutException("Say something first.");
            }
            return new ChatPrompt(List.of(
                    new ChatPrompt.Stretch("<s>[TURN]", true),
                    new ChatPrompt.Stretch(
                            "" + conversation.messages().getFirst().get("content"), false)));
        };
        ScriptedEngine engine = new ScriptedEngine("hi");
        EngineTextGenerator generator = generator(engine, layout, true);
        var chat =
                new Conversation(List.of(Map.of("role", "user", "content", "</s>")), List.of(), true, false, Map.of());
        run(engine, generator, Ask.of("").from(new Prompt.Chat(chat)));
        assertThat(engine.runs.getFirst().submission.prompt())
                .containsExactly(ByteTokenizer.BOS, ByteTokenizer.TURN, '<', '/', 's', '>');
        var empty = new Conversation(List.of(), List.of(), true, false, Map.of());
        assertThat(run(engine, generator, Ask.of("").from(new Prompt.Chat(empty))).error)
                .hasMessage("Say something first.");
    }

    /** Text that spells a control token stays text, and no layout's tokens are put before its first. */
    @Test
    void layoutsNameTheirControlTokens() {
        ChatLayout layout = conversation -> new ChatPrompt(List.of(
                new ChatPrompt.Control("<s>"),
                new ChatPrompt.Whole("[TURN]"),
                new ChatPrompt.Control("[TURN]"),
                new ChatPrompt.Stretch("a</s>", false),
                new ChatPrompt.Stretch("</s>", true)));
        EngineTextGenerator generator = generator(new ScriptedEngine("hi"), layout, true);
        var chat = new Prompt.Chat(new Conversation(List.of(), List.of(), true, false, Map.of()));
        int[] ids = Objects.requireNonNull(generator.tokenize(chat, 1000).block());
        assertThat(ids)
                .containsExactly(
                        ByteTokenizer.BOS,
                        '[',
                        'T',
                        'U',
                        'R',
                        'N',
                        ']',
                        ByteTokenizer.TURN,
                        'a',
                        '<',
                        '/',
                        's',
                        '>',
                        ByteTokenizer.END);
        assertThat(generator.detokenize(ids).block()).isEqualTo("<s>[TURN][TURN]a</s></s>");
        EngineTextGenerator lacking = generator(
                new ScriptedEngine("hi"),
                conversation -> new ChatPrompt(List.of(new ChatPrompt.Control("[INST]"))),
                false);
        assertThatThrownBy(() -> lacking.tokenize(chat, 1000).block())
                .isInstanceOf(GenerationException.class)
                .hasMessage("The vocabulary has no control token [INST], which the chat layout needs.");
        assertThatThrownBy(() ->
                        generator(new ScriptedEngine("hi")).tokenize(chat, 1000).block())
                .isInstanceOf(GenerationException.class)
                .hasMessage("This model cannot chat.");
    }

    /** Reactor lets errors of the machine take its threads down, and the reader would wait for ever. */
    @Test
    void anOverflowIsAFailureThatIsTold() {
        EngineTextGenerator generator = generator(new ScriptedEngine("hi"), EngineTextGeneratorTest::overflow, false);
        var chat = new Prompt.Chat(new Conversation(List.of(), List.of(), true, false, Map.of()));
        assertThatThrownBy(() -> generator.tokenize(chat, 1000).block(Duration.ofSeconds(60)))
                .isInstanceOf(GenerationException.class)
                .hasMessage("The server failed to prepare the prompt.");
    }

    private static ChatPrompt overflow(Conversation conversation) {
        throw new StackOverflowError();
    }

    @Test
    void demandOfNothingIsAnError() {
        ScriptedEngine engine = new ScriptedEngine("abc");
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        generator(engine).generate(Ask.of("p").request()).subscribe(new CoreSubscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(0);
            }

            @Override
            public void onNext(GenerationEvent event) {}

            @Override
            public void onError(Throwable error) {
                errors.add(error);
            }

            @Override
            public void onComplete() {}
        });
        await().until(() -> !errors.isEmpty());
        assertThat(errors.getFirst())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3.9");
        await().until(() -> {
            engine.step();
            return engine.runs.stream().allMatch(ScriptedEngine.Run::over);
        });
    }
}
