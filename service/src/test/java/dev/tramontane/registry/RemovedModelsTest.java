package dev.tramontane.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.Seeds;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.registry.Residency.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** A list of models that grows and shrinks while they are asked for. */
class RemovedModelsTest {
    private static FakeModels two() {
        Map<String, Long> sizes = new LinkedHashMap<>();
        sizes.put("a", 6L);
        sizes.put("b", 6L);
        return new FakeModels(10, FakeModels.limits(FakeModels.FOREVER), sizes);
    }

    private static Disposable begun(FakeModels models, String name) {
        CountDownLatch first = new CountDownLatch(1);
        Disposable running = models.ask(name).subscribe(event -> first.countDown());
        await().until(() -> first.getCount() == 0);
        return running;
    }

    private static AtomicReference<@Nullable Throwable> failing(Flux<GenerationEvent> answer) {
        AtomicReference<@Nullable Throwable> why = new AtomicReference<>();
        answer.subscribe(event -> {}, why::set);
        return why;
    }

    private static void awaitGone(AtomicReference<@Nullable Throwable> why) {
        await().until(() -> why.get() instanceof GenerationException refused && refused.kind() == Kind.GONE);
    }

    @Test
    void oneMoreIsLoadedInTheSameMemory() {
        try (FakeModels models = two()) {
            begun(models, "a").dispose();
            models.add("c", 7);
            assertThat(models.registry.names()).containsExactly("a", "b", "c");
            begun(models, "c").dispose();
            assertThat(models.events).containsExactly("loaded a", "unloaded a ROOM", "loaded c");
            assertThatThrownBy(() -> models.add("c", 1)).isInstanceOf(IllegalArgumentException.class);
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void whatRunsEndsAndNothingNewBegins() {
        try (FakeModels models = two()) {
            TextGenerator held = models.find("a");
            Disposable running = begun(models, "a");
            CountDownLatch gone = new CountDownLatch(1);
            Disposable leaver = models.registry.remove("a").subscribe(none -> {}, fault -> {}, gone::countDown);
            assertThat(models.registry.find("a")).isNull();
            assertThat(models.registry.names()).containsExactly("b");
            awaitGone(failing(held.generate(FakeModels.REQUEST)));
            assertThatThrownBy(() -> models.registry.load("a", null).block())
                    .isInstanceOfSatisfying(
                            GenerationException.class,
                            why -> assertThat(why.kind()).isEqualTo(Kind.GONE));
            assertThatThrownBy(() -> models.registry.remove("a").block()).isInstanceOf(GenerationException.class);
            assertThat(models.running("a")).isEqualTo(1);
            assertThat(gone.getCount()).isEqualTo(1);
            models.finish("a");
            await().until(() -> gone.getCount() == 0);
            assertThat(models.events).containsExactly("loaded a", "unloaded a REMOVED");
            assertThat(running.isDisposed()).isTrue();
            assertThat(leaver.isDisposed()).isTrue();
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void whoWaitsIsToldAndWhatIsLoadedMeanwhileGoes() {
        try (FakeModels models = two()) {
            CountDownLatch latch = models.hold("a");
            AtomicReference<@Nullable Throwable> why = failing(models.ask("a"));
            models.awaitLoading("a");
            CountDownLatch gone = new CountDownLatch(1);
            models.registry.remove("a").subscribe(none -> {}, fault -> {}, gone::countDown);
            awaitGone(why);
            assertThat(models.waiting.get()).isZero();
            assertThat(gone.getCount()).as("it is being loaded still").isEqualTo(1);
            latch.countDown();
            await().until(() -> gone.getCount() == 0);
            assertThat(models.events).containsExactly("loaded a", "unloaded a REMOVED");
            begun(models, "b").dispose();
            assertThat(models.faults).isEmpty();
        }
    }

    /** Who was to give way for it stays. */
    @Test
    void roomIsNotMadeForWhatIsNotListed() {
        try (FakeModels models = two()) {
            begun(models, "a");
            AtomicReference<@Nullable Throwable> why = failing(models.ask("b"));
            models.awaitLeaving("a");
            models.registry.remove("b").block();
            awaitGone(why);
            begun(models, "a");
            assertThat(models.running("a")).isEqualTo(2);
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void oneThatFailsToLoadOrIsNotLoadedGoesAtOnce() {
        try (FakeModels models = two()) {
            models.registry.remove("b").block();
            CountDownLatch latch = models.hold("a");
            models.broken.put("a", new IllegalStateException("broken"));
            failing(models.ask("a"));
            models.awaitLoading("a");
            CountDownLatch gone = new CountDownLatch(1);
            models.registry.remove("a").subscribe(none -> {}, fault -> {}, gone::countDown);
            latch.countDown();
            await().until(() -> gone.getCount() == 0);
            assertThat(models.registry.names()).isEmpty();
            assertThat(models.events).containsExactly("failed a");
        }
    }

    /** The same name again while the one before still runs: both are counted, each has its own. */
    @Test
    void aNameThatComesBackIsAnotherModel() {
        try (FakeModels models = two()) {
            begun(models, "a");
            CountDownLatch gone = new CountDownLatch(1);
            models.registry.remove("a").subscribe(none -> {}, fault -> {}, gone::countDown);
            models.add("a", 6);
            assertThat(models.registry.residency("a").state()).isEqualTo(State.UNLOADED);
            CountDownLatch heard = new CountDownLatch(1);
            models.ask("a").subscribe(event -> heard.countDown());
            models.awaitState("a", State.LOADING);
            assertThat(models.events).containsExactly("loaded a");
            models.finish("a");
            await().until(() -> heard.getCount() == 0);
            assertThat(gone.getCount()).isZero();
            assertThat(models.events).containsExactly("loaded a", "unloaded a REMOVED", "loaded a");
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void whoWantsToKnowIsToldAtTheEnd() {
        CountDownLatch gone = new CountDownLatch(1);
        try (FakeModels models = two()) {
            begun(models, "a");
            models.registry.remove("a").subscribe(none -> {}, fault -> {}, gone::countDown);
            models.registry.end();
            assertThatThrownBy(() -> models.registry.remove("b").block())
                    .isInstanceOfSatisfying(
                            GenerationException.class,
                            why -> assertThat(why.kind()).isEqualTo(Kind.UNAVAILABLE));
        }
        assertThat(gone.getCount()).isZero();
    }

    /** Nothing is left of any of them, whatever was asked of them meanwhile. */
    @Test
    void manyComeAndGo() throws Exception {
        try (FakeModels models = two();
                var pool = Executors.newFixedThreadPool(4)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                SplittableRandom random = new SplittableRandom(Seeds.next() + i);
                String own = "own-" + i;
                clients.add(pool.submit(() -> {
                    for (int turn = 0; turn < 40; turn++) {
                        models.add(own, 1 + random.nextInt(8));
                        TextGenerator generator = models.find(own);
                        switch (random.nextInt(3)) {
                            case 0 -> generator.generate(FakeModels.REQUEST).blockFirst();
                            case 1 ->
                                generator
                                        .generate(FakeModels.REQUEST)
                                        .subscribe()
                                        .dispose();
                            default -> models.ask("a").blockFirst();
                        }
                        models.registry.remove(own).block();
                    }
                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
            assertThat(models.registry.names()).containsExactly("a", "b");
            synchronized (models.registry) {
                assertThat(models.registry.all()).hasSize(2);
            }
            assertThat(models.waiting.get()).isZero();
            assertThat(models.faults).isEmpty();
        }
    }
}
