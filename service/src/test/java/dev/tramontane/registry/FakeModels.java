package dev.tramontane.registry;

import static org.awaitility.Awaitility.await;

import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.generation.TextGenerator;
import dev.tramontane.model.Sampling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A registry of models that are nothing but names, and the books that a test looks at. Each takes its size of the budget. */
final class FakeModels implements AutoCloseable {
    static final Duration FOREVER = Duration.ofMillis(-1);
    static final GenerationRequest REQUEST = new GenerationRequest(
            new Prompt.Text("x"), 1, OptionalInt.of(1), StopRules.at(List.of()), Sampling.GREEDY, false, -1, -1);

    /** What happened, in order. */
    final List<String> events = new CopyOnWriteArrayList<>();

    /** What was wrong: a model that was unloaded under what ran on it, or too much at a time. */
    final List<String> faults = new CopyOnWriteArrayList<>();

    /** Loads of these wait for their latch. */
    final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();

    /** In {@link #broken}: what there is cannot be found out. */
    static final String BUDGET = "the budget";

    /** These cannot be had any more, which is seen without loading. */
    final Set<String> gone = ConcurrentHashMap.newKeySet();

    /** Loads of these fail. */
    final Map<String, RuntimeException> broken = new ConcurrentHashMap<>();

    final AtomicInteger waiting = new AtomicInteger();
    final ModelRegistry registry;
    private volatile long budget;
    private final Map<String, Long> sizes;
    private final Map<String, Fake> loaded = new ConcurrentHashMap<>();

    /** @param sizes of the models, in order */
    FakeModels(long budget, RegistryLimits limits, Map<String, Long> sizes) {
        this.budget = budget;
        this.sizes = new ConcurrentHashMap<>(sizes);
        List<ListedModel> models = new ArrayList<>();
        sizes.keySet().forEach(name -> models.add(listed(name)));
        registry = new ModelRegistry(
                models,
                all -> {
                    RuntimeException unknown = broken.get(BUDGET);
                    if (unknown != null) {
                        throw unknown;
                    }
                    return all.stream().mapToLong(Footprint::own).sum() - this.budget;
                },
                limits,
                new RegistryObserver() {
                    @Override
                    public void unloaded(String model, Reason reason) {
                        events.add("unloaded " + model + " " + reason);
                    }

                    @Override
                    public void refused(String model, Refusal why) {
                        events.add("refused " + model + " " + why);
                    }

                    @Override
                    public void failed(String model) {
                        events.add("failed " + model);
                    }

                    @Override
                    public void waiting(int requests) {
                        waiting.set(requests);
                    }
                },
                System::nanoTime);
        registry.start();
    }

    private ListedModel listed(String name) {
        return new ListedModel(
                name,
                new Footprint(Objects.requireNonNull(sizes.get(name)), 0, Map.of()),
                new Fake(name).profile(),
                () -> {
                    throw new AssertionError("nobody asks for it");
                },
                loader(name));
    }

    /** One more, or one again. */
    void add(String name, long size) {
        sizes.put(name, size);
        registry.add(listed(name));
    }

    static RegistryLimits limits(Duration keepAlive) {
        return new RegistryLimits(64, Duration.ofMinutes(5), keepAlive);
    }

    private ListedModel.Loader loader(String name) {
        return new ListedModel.Loader() {
            @Override
            public void check() {
                if (gone.contains(name)) {
                    throw new IllegalStateException(name + " has gone");
                }
            }

            @Override
            public Resident load(ListedModel.Progress progress) {
                return FakeModels.this.load(name, progress);
            }
        };
    }

    private Resident load(String name, ListedModel.Progress progress) {
        progress.at(1, 2);
        CountDownLatch latch = held.get(name);
        if (latch != null) {
            try {
                latch.await();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        }
        RuntimeException failure = broken.get(name);
        if (failure != null) {
            throw failure;
        }
        events.add("loaded " + name);
        Fake fake = new Fake(name);
        if (loaded.put(name, fake) != null) {
            faults.add(name + " was loaded twice");
        }
        long taken = loaded.keySet().stream()
                .mapToLong(each -> Objects.requireNonNull(sizes.get(each)))
                .sum();
        if (taken > budget) {
            faults.add("loaded at a time: " + loaded.keySet());
        }
        return fake;
    }

    /** From now on there is so much. */
    void shrinkTo(long bytes) {
        budget = bytes;
    }

    TextGenerator find(String name) {
        return Objects.requireNonNull(registry.find(name));
    }

    Flux<GenerationEvent> ask(String name) {
        return find(name).generate(REQUEST);
    }

    /** Whose answers run, of a model that is loaded. */
    int running(String name) {
        Fake fake = loaded.get(name);
        return fake == null ? 0 : fake.running.get();
    }

    /** Lets the answers of a model end. */
    void finish(String name) {
        Objects.requireNonNull(loaded.get(name)).over.countDown();
    }

    /** Until its loading has begun. A state of LOADING does not say that: it is that of a model that waits for it, too. */
    void awaitLoading(String name) {
        await().until(() -> registry.residency(name).percent() == 50);
    }

    /** Until it gives way: who waits for another one is in line before the loader has looked at that. */
    void awaitLeaving(String name) {
        await().until(() -> {
            synchronized (registry) {
                for (Slot slot : registry.all()) {
                    if (slot.leaving && slot.model.name().equals(name)) {
                        return true;
                    }
                }
                return false;
            }
        });
    }

    void awaitState(String name, Residency.State state) {
        await().until(() -> registry.residency(name).state() == state);
    }

    @Override
    public void close() {
        registry.close();
    }

    private final class Fake extends AnswersOnly implements Resident {
        private final AtomicInteger running = new AtomicInteger();
        private final CountDownLatch over = new CountDownLatch(1);
        private volatile boolean freed;

        Fake(String name) {
            super(name, 100);
        }

        /** One delta as soon as it is demanded; the end when the test says so, or never. */
        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return Flux.defer(() -> {
                running.incrementAndGet();
                AtomicBoolean ended = new AtomicBoolean();
                Runnable end = () -> {
                    if (ended.compareAndSet(false, true)) {
                        running.decrementAndGet();
                    }
                };
                if (freed) {
                    faults.add(model() + " was asked after it had been freed");
                }
                return Flux.<GenerationEvent>just(new Delta(0, model(), List.of()))
                        .doOnComplete(() -> {
                            if (freed) {
                                faults.add(model() + " was freed under what ran");
                            }
                        })
                        .concatWith(Flux.create(sink -> {
                            Thread waits = Thread.ofVirtual().start(() -> {
                                try {
                                    over.await();
                                    sink.complete();
                                } catch (InterruptedException cancelled) {
                                    Thread.currentThread().interrupt();
                                }
                            });
                            sink.onDispose(waits::interrupt);
                        }))
                        .doOnTerminate(end) // before whoever holds the model is told
                        .doOnCancel(end);
            });
        }

        @Override
        public TextGenerator generator() {
            return this;
        }

        @Override
        public boolean isHealthy() {
            return true;
        }

        @Override
        public void end() {
            over.countDown();
        }

        @Override
        public void free() {
            freed = true;
            if (running.get() > 0) {
                faults.add(model() + " was freed while " + running.get() + " ran");
            }
            loaded.remove(model(), this);
        }
    }

    /** A latch that holds the loading of a model. */
    CountDownLatch hold(String name) {
        CountDownLatch latch = new CountDownLatch(1);
        held.put(name, latch);
        return latch;
    }

    static @Nullable String text(@Nullable GenerationEvent event) {
        return event instanceof Delta delta ? delta.text() : null;
    }
}
