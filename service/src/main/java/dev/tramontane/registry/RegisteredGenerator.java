package dev.tramontane.registry;

import dev.tramontane.engine.Capacity;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.KeepAlive;
import dev.tramontane.generation.LoadListener;
import dev.tramontane.generation.ModelProfile;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * A listed model as whoever asks sees it: loaded when it is needed, and held while anything of a generation is under way, whether or
 * not its reader takes it. Demand passes exactly.
 */
final class RegisteredGenerator implements TextGenerator {
    private final ModelRegistry registry;
    private final Slot slot;

    RegisteredGenerator(ModelRegistry registry, Slot slot) {
        this.registry = registry;
        this.slot = slot;
    }

    @Override
    public Flux<GenerationEvent> generate(GenerationRequest request) {
        Wait wait = new Wait(request.tenant(), request.urgency().deadlineNanos(), true);
        return held(context -> wait, generator -> generator.generate(request));
    }

    @Override
    public Mono<int[]> tokenize(Prompt prompt, int mostTokens) {
        return held(Wait::of, generator -> generator.tokenize(prompt, mostTokens))
                .singleOrEmpty();
    }

    @Override
    public Mono<String> detokenize(int[] ids) {
        return held(Wait::of, generator -> generator.detokenize(ids)).singleOrEmpty();
    }

    private <T> Flux<T> held(Function<ContextView, Wait> wait, Function<TextGenerator, Publisher<T>> work) {
        return Flux.deferContextual(context -> {
            KeepAlive keep = KeepAlive.of(context);
            Lease lease = registry.enter(slot, keep);
            return lease != null
                    ? Flux.using(() -> lease, held -> work.apply(held.generator()), Lease::close, false)
                    : registry.entrance(slot, wait.apply(context), LoadListener.of(context))
                            .thenMany(held(wait, work)); // It may have gone again meanwhile.
        });
    }

    /** Only while something of it is under way. */
    @Override
    public String piece(int id) {
        Resident resident = registry.resident(slot);
        if (resident == null) {
            throw new IllegalStateException("the model is not loaded");
        }
        return resident.generator().piece(id);
    }

    @Override
    public Capacity capacity() {
        Resident resident = registry.resident(slot);
        return resident == null ? slot.model.idle().get() : resident.generator().capacity();
    }

    @Override
    public String model() {
        return slot.model.name();
    }

    @Override
    public ModelProfile profile() {
        return slot.model.profile();
    }
}
