package dev.tramontane.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.generation.Asker;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.model.SamplingDefaults;
import dev.tramontane.registry.Residency.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

/** Two or three models of which not all fit at a time. */
class ModelRegistryTest {
    private static final Map<String, Long> THREE = sizes("a", 6, "b", 6, "c", 4);

    private static Map<String, Long> sizes(Object... all) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (int i = 0; i < all.length; i += 2) {
            sizes.put((String) all[i], ((Integer) all[i + 1]).longValue());
        }
        return sizes;
    }

    private static FakeModels three() {
        return new FakeModels(10, FakeModels.limits(FakeModels.FOREVER), THREE);
    }

    /** The first event; what follows waits for ever. */
    private static Disposable begun(FakeModels models, String name) {
        CountDownLatch first = new CountDownLatch(1);
        Disposable running = models.ask(name).subscribe(event -> first.countDown());
        await().until(() -> first.getCount() == 0);
        return running;
    }

    private static GenerationException refusal(Flux<?> answer) {
        List<Throwable> refused = new CopyOnWriteArrayList<>();
        answer.subscribe(event -> {}, refused::add);
        await().until(() -> !refused.isEmpty());
        return (GenerationException) refused.getFirst();
    }

    @Test
    void whatIsFirstAskedForIsLoadedAndThenThere() {
        try (FakeModels models = three()) {
            assertThat(models.registry.residency("a").state()).isEqualTo(State.UNLOADED);
            assertThat(models.events).isEmpty();
            Disposable one = begun(models, "a");
            Disposable two = begun(models, "a");
            assertThat(models.events).containsExactly("loaded a");
            assertThat(models.registry.residency("a").underWay()).isEqualTo(2);
            one.dispose();
            two.dispose();
            assertThat(models.registry.residency("a").underWay()).isZero();
            assertThat(models.registry.find("d")).isNull();
            assertThat(models.faults).isEmpty();
        }
    }

    /** The longest unused goes, and not the one that fits beside. */
    @Test
    void theLongestUnusedGivesWay() {
        try (FakeModels models = three()) {
            begun(models, "a").dispose();
            begun(models, "c").dispose();
            begun(models, "a").dispose();
            begun(models, "b")
                    .dispose(); // Without c there is no room still; without a there is, and c could have stayed.
            assertThat(models.events).containsExactly("loaded a", "loaded c", "unloaded a ROOM", "loaded b");
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void nothingIsUnloadedUnderAnAnswerAndNothingNewBeginsOnWhatLeaves() {
        try (FakeModels models = three()) {
            CountDownLatch heard = new CountDownLatch(1);
            TestPublisher<Void> never = TestPublisher.create();
            // A reader who stands still: he has had one event and wants no more.
            StepVerifier.create(models.ask("a"), 1)
                    .expectNextCount(1)
                    .then(() -> {
                        Disposable wants = models.ask("b").subscribe(event -> heard.countDown());
                        models.awaitLeaving("a");
                        Disposable later = models.ask("a").subscribe();
                        await().until(() -> models.waiting.get() == 2);
                        assertThat(models.running("a"))
                                .as("who came later waits behind")
                                .isEqualTo(1);
                        assertThat(heard.getCount()).as("it waits").isEqualTo(1);
                        assertThat(models.registry.residency("a").state()).isEqualTo(State.LOADED);
                        wants.dispose(); // Nobody needs the room any more: who waits behind goes on.
                        await().until(() -> models.running("a") == 2);
                        assertThat(models.waiting.get()).isZero();
                        later.dispose();
                        models.ask("b").takeUntilOther(never).subscribe(event -> heard.countDown());
                        await().until(() -> models.waiting.get() == 1);
                    })
                    .thenCancel()
                    .verify();
            await().until(() -> heard.getCount() == 0);
            assertThat(models.events).containsExactly("loaded a", "unloaded a ROOM", "loaded b");
            never.complete();
            assertThat(models.faults).isEmpty();
        }
    }

    /** Each of two that do not fit together has its turn, however many want the other. */
    @Test
    void nobodyStarvesWhereOneIsAlwaysInUse() {
        try (FakeModels models = three()) {
            Disposable old = begun(models, "a");
            CountDownLatch heard = new CountDownLatch(1);
            Disposable other = models.ask("b").subscribe(event -> heard.countDown());
            models.awaitLeaving("a");
            CountDownLatch again = new CountDownLatch(1);
            Disposable young = models.ask("a").subscribe(event -> again.countDown());
            old.dispose();
            await().until(() -> heard.getCount() == 0);
            other.dispose();
            await().until(() -> again.getCount() == 0);
            young.dispose();
            assertThat(models.events)
                    .containsExactly("loaded a", "unloaded a ROOM", "loaded b", "unloaded b ROOM", "loaded a");
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void anIdleModelGoesWhenItsTimeIsOverAndStaysWhereItIsToldTo() {
        try (FakeModels models = new FakeModels(20, FakeModels.limits(Duration.ofMillis(1)), THREE)) {
            Disposable running = begun(models, "a");
            models.registry.load("b", new KeepAlive(FakeModels.FOREVER)).block();
            models.ask("c")
                    .contextWrite(context -> new KeepAlive(Duration.ofHours(1)).in(context))
                    .take(1)
                    .blockLast();
            assertThat(models.registry.residency("a").leftNanos()).as("in use").isEmpty();
            running.dispose();
            models.awaitState("a", State.UNLOADED);
            assertThat(models.events).endsWith("unloaded a IDLE");
            assertThat(models.registry.residency("b"))
                    .isEqualTo(new Residency(State.LOADED, 100, 0, OptionalLong.empty()));
            assertThat(models.registry.residency("c").leftNanos().orElseThrow())
                    .isBetween(1L, Duration.ofHours(1).toNanos());
            models.registry.unload("b");
            models.awaitState("b", State.UNLOADED);
            assertThat(models.events).endsWith("unloaded b ASKED");
            assertThat(models.faults).isEmpty();
        }
    }

    /** It is unloaded when what runs is over, and not before. */
    @Test
    void whoUnloadsAModelInUseWaitsForWhatRuns() {
        try (FakeModels models = three()) {
            Disposable running = begun(models, "a");
            models.registry.unload("a");
            models.registry.load("c", null).block(); // The loader has looked at it by then.
            assertThat(models.registry.residency("a").state()).isEqualTo(State.LOADED);
            running.dispose();
            models.awaitState("a", State.UNLOADED);
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void soManyMayWaitAndNoMoreAndWhoLeavesGivesHisPlaceUp() {
        try (FakeModels models =
                new FakeModels(10, new RegistryLimits(2, Duration.ofMinutes(5), FakeModels.FOREVER), THREE)) {
            CountDownLatch latch = models.hold("a");
            Disposable first = models.ask("a").subscribe();
            models.awaitLoading("a");
            models.ask("b").subscribe();
            assertThat(models.waiting.get()).isEqualTo(2);
            GenerationException refused = refusal(models.ask("a"));
            assertThat(refused.kind()).isEqualTo(Kind.BUSY);
            assertThat(refused.retryAfterSeconds()).isPositive();
            assertThat(refused).hasMessage("The model 'a' is not loaded, and 2 requests wait for models already.");
            first.dispose();
            assertThat(models.waiting.get()).isEqualTo(1);
            models.ask("c").subscribe();
            assertThat(models.waiting.get()).isEqualTo(2);
            latch.countDown();
            await().until(() -> models.waiting.get() == 0);
            assertThat(models.events).startsWith("refused a FULL", "loaded a");
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void eachTenantHasItsShareOfThePlaces() {
        try (FakeModels models =
                new FakeModels(10, new RegistryLimits(4, Duration.ofMinutes(5), FakeModels.FOREVER), THREE)) {
            CountDownLatch latch = models.hold("a");
            GenerationRequest of = FakeModels.REQUEST.of(new Tenant("team", 50));
            models.find("a").generate(of).subscribe();
            Disposable second = models.find("b").generate(of).subscribe();
            GenerationException refused = refusal(models.find("a").generate(of));
            assertThat(refused.kind()).isEqualTo(Kind.BUSY);
            assertThat(refused).hasMessageContaining("the share of 'team' is used up: 2 of its requests wait already");
            Mono<int[]> ids = models.find("c")
                    .tokenize(FakeModels.REQUEST.prompt(), 1)
                    .contextWrite(asked -> Asker.in(asked, of.tenant()));
            assertThat(refusal(ids.flux()).kind())
                    .as("no less than by a generation")
                    .isEqualTo(Kind.BUSY);
            models.ask("a").subscribe();
            assertThat(models.waiting.get()).as("others have theirs").isEqualTo(3);
            second.dispose();
            models.find("a").generate(of).subscribe();
            assertThat(models.waiting.get()).isEqualTo(3);
            latch.countDown();
            await().until(() -> models.waiting.get() == 0);
        }
    }

    /** At start loading takes as long as it takes. */
    @Test
    void whoLoadsAtStartIsNotBounded() {
        try (FakeModels models =
                new FakeModels(10, new RegistryLimits(1, Duration.ofMillis(1), FakeModels.FOREVER), THREE)) {
            CountDownLatch latch = models.hold("a");
            List<String> there = new CopyOnWriteArrayList<>();
            models.registry.preload("a").subscribe(never -> {}, failed -> there.add("failed"), () -> there.add("a"));
            models.registry.preload("c").subscribe(never -> {}, failed -> there.add("failed"), () -> there.add("c"));
            assertThat(refusal(models.ask("b")).kind()).isEqualTo(Kind.BUSY);
            models.awaitState("a", State.LOADING);
            latch.countDown();
            await().until(() -> there.size() == 2);
            assertThat(there).containsExactly("a", "c");
        }
    }

    /** Loads, evictions, answers, cancellations and unloadings at random, as fast as they go. */
    @Test
    void nothingIsLostOrUnloadedUnderWhatRunsInAnyOrderOfThings() throws Exception {
        try (FakeModels models = new FakeModels(10, FakeModels.limits(Duration.ofNanos(1000)), THREE);
                var pool = Executors.newFixedThreadPool(6)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                SplittableRandom random = new SplittableRandom(Seeds.next() + i);
                clients.add(pool.submit(() -> {
                    for (int round = 0; round < 300; round++) {
                        String name = List.of("a", "b", "c").get(random.nextInt(3));
                        switch (random.nextInt(8)) {
                            case 0 -> models.ask(name).subscribe().dispose();
                            case 1 -> models.registry.unload(name);
                            case 2 ->
                                models.registry
                                        .load(name, new KeepAlive(Duration.ofNanos(random.nextInt(100_000))))
                                        .block();
                            default ->
                                assertThat(FakeModels.text(
                                                models.ask(name).take(1).blockLast()))
                                        .isEqualTo(name);
                        }
                    }
                }));
            }
            for (Future<?> client : clients) {
                client.get(); // Nobody has waited for ever, or was told something else.
            }
            THREE.keySet().forEach(models.registry::unload);
            for (String name : THREE.keySet()) {
                models.awaitState(name, State.UNLOADED);
                assertThat(models.registry.residency(name).underWay()).isZero();
            }
            assertThat(models.waiting.get()).isZero();
            assertThat(models.faults).isEmpty();
            assertThat(models.events).contains("unloaded a ROOM", "unloaded b ROOM", "unloaded c IDLE");
        }
    }

    @Test
    void whoHasWaitedForHisTimeIsToldSo() {
        try (FakeModels models =
                new FakeModels(10, new RegistryLimits(9, Duration.ofMillis(1), FakeModels.FOREVER), THREE)) {
            CountDownLatch latch = models.hold("a");
            Disposable first =
                    models.registry.preload("a").subscribe(); // Whose time is not bounded: a load has to begin.
            models.awaitLoading("a");
            first.dispose();
            GenerationException late = refusal(models.ask("a"));
            assertThat(late.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(late.retryAfterSeconds()).isPositive();
            GenerationException expired = refusal(models.find("a")
                    .generate(FakeModels.REQUEST.when(new Urgency(0, OptionalLong.of(System.nanoTime() - 1)))));
            assertThat(expired.kind()).isEqualTo(Kind.EXPIRED);
            assertThat(models.waiting.get()).isZero();
            latch.countDown();
            models.awaitState("a", State.LOADED); // It is of use to whoever comes next.
            assertThat(models.events).containsExactly("refused a LATE", "loaded a");
        }
    }

    @Test
    void aModelThatCannotBeLoadedIsOneErrorForEachWhoWaitedAndTheOthersGoOn() {
        try (FakeModels models = three()) {
            models.broken.put("a", new IllegalStateException("no such file"));
            CountDownLatch latch = models.hold("a");
            List<Throwable> errors = new CopyOnWriteArrayList<>();
            models.ask("a").subscribe(event -> {}, errors::add);
            models.ask("a").subscribe(event -> {}, errors::add);
            models.ask("b").take(1).subscribe();
            latch.countDown();
            models.awaitState("b", State.LOADED);
            assertThat(errors).hasSize(2).allSatisfy(error -> {
                assertThat(error).hasMessage("The model 'a' could not be loaded; the server's log says why.");
                assertThat(((GenerationException) error).kind()).isEqualTo(Kind.FAILED);
            });
            assertThat(models.registry.residency("a").state()).isEqualTo(State.UNLOADED);
            models.broken.clear();
            begun(models, "a").dispose();
            assertThat(models.events).containsExactly("failed a", "loaded b", "unloaded b ROOM", "loaded a");
        }
    }

    @Test
    void nobodyGivesWayToWhatHasGone() {
        try (FakeModels models = three()) {
            begun(models, "b").dispose();
            models.gone.add("a");
            assertThat(refusal(models.ask("a")).kind()).isEqualTo(Kind.FAILED);
            assertThat(models.registry.residency("b").state()).isEqualTo(State.LOADED);
            models.gone.clear();
            begun(models, "a").dispose();
            assertThat(models.events).containsExactly("loaded b", "failed a", "unloaded b ROOM", "loaded a");
        }
    }

    /** The machine has less than at start, or does not say what it has. */
    @Test
    void whereThereIsNoRoomNowWhoWaitsIsToldAndTheOthersStay() {
        try (FakeModels models = three()) {
            Disposable running = begun(models, "c");
            models.shrinkTo(5);
            GenerationException none = refusal(models.ask("a"));
            assertThat(none.kind()).isEqualTo(Kind.UNAVAILABLE);
            assertThat(none).hasMessage("The model 'a' does not fit into the memory that is free now.");
            assertThat(none.retryAfterSeconds()).isPositive();
            models.broken.put(FakeModels.BUDGET, new IllegalStateException("nobody knows"));
            assertThat(refusal(models.ask("a")).kind()).isEqualTo(Kind.FAILED);
            assertThat(models.running("c")).isEqualTo(1);
            models.broken.clear();
            models.shrinkTo(10);
            begun(models, "a").dispose();
            running.dispose();
            assertThat(models.events).containsExactly("loaded c", "failed a", "failed a", "loaded a");
            assertThat(models.faults).isEmpty();
        }
    }

    @Test
    void whoWaitsHearsHowFarItIs() {
        try (FakeModels models = three()) {
            CountDownLatch latch = models.hold("a");
            List<String> heard = new CopyOnWriteArrayList<>();
            LoadListener listener = (model, percent) -> heard.add(model + " " + percent);
            models.ask("a").contextWrite(listener::in).subscribe();
            await().until(() -> heard.contains("a 50"));
            assertThat(models.registry.residency("a"))
                    .isEqualTo(new Residency(State.LOADING, 50, 0, OptionalLong.empty()));
            latch.countDown();
        }
    }

    @Test
    void atTheEndWhoWaitsIsToldAndWhatIsLoadedIsFreed() {
        FakeModels models = three();
        begun(models, "a").dispose();
        CountDownLatch latch = models.hold("c");
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        models.ask("c").subscribe(event -> {}, errors::add);
        models.awaitLoading("c");
        models.registry.end();
        assertThat(errors).hasSize(1);
        assertThat(((GenerationException) errors.getFirst()).kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(refusal(models.ask("a")).kind()).isEqualTo(Kind.UNAVAILABLE);
        latch.countDown();
        models.close();
        assertThat(models.events).containsExactly("loaded a", "loaded c");
        assertThat(models.running("a")).isZero();
        assertThat(models.faults).isEmpty();
    }

    @Test
    void twoOfOneNameAreRefused() {
        ListedModel one = new ListedModel(
                "a",
                Footprint.NONE,
                new ModelProfile(1, true, false, SamplingDefaults.NEUTRAL),
                () -> {
                    throw new AssertionError();
                },
                progress -> {
                    throw new AssertionError();
                });
        assertThatThrownBy(() -> new ModelRegistry(
                        List.of(one, one),
                        all -> 0,
                        FakeModels.limits(FakeModels.FOREVER),
                        RegistryObserver.NONE,
                        () -> 0))
                .hasMessage("two models are called a");
    }
}
