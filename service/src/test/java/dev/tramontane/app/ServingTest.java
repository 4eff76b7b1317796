package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Health;
import dev.tramontane.api.openai.ModelFacts;
import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import dev.tramontane.model.ModelGeometry;
import dev.tramontane.source.ModelSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class ServingTest {
    private long now = Long.MAX_VALUE - 1; // Such a clock may turn over.
    private static final ModelFacts FACTS =
            new ModelFacts("gguf", "llama", 7, "F16", 14, false, "0", new ModelFacts.Sizes(1, 2, 3, 4, 5, 6));

    private final LoneModel model = new LoneModel("m", 0, FACTS, ServedAdapters.of(adapters()), () -> now);
    private final Serving serving = new Serving(model, () -> Health.Answer.WELL);

    private static ModelAdapters adapters() {
        try (ModelSource source = ModelSource.open(Oracle.path("models/mistral-window-16"))) {
            ModelGeometry geometry = source.plan(OptionalInt.empty()).geometry();
            ModelAdapters adapters = new ModelAdapters("m", geometry, new AdapterRoom(1, 8, Adapter.Type.F32));
            adapters.add("roses", Oracle.path("adapters/trained"));
            return adapters;
        }
    }

    private int retryAfter() {
        return catchThrowableOfType(ApiException.class, () -> model.find("m")).retryAfterSeconds();
    }

    @Test
    void whoAsksWhileTheModelLoadsIsToldWhenItWillBeReady() {
        assertThat(retryAfter()).as("nothing is known").isEqualTo(5);
        now += TimeUnit.SECONDS.toNanos(10);
        model.loading(0, 100);
        assertThat(retryAfter()).as("nothing is known still").isEqualTo(2);
        model.loading(10, 100); // A tenth took 10 s: all take 100, and the first step 2.
        assertThat(retryAfter()).isEqualTo(92);
        now += TimeUnit.SECONDS.toNanos(40);
        assertThat(retryAfter()).as("and time goes by").isEqualTo(52);
        model.loading(100, 100); // It became faster.
        assertThat(retryAfter()).isEqualTo(10);
    }

    private static AnswersOnly generator() {
        return new AnswersOnly("m", 8) {
            @Override
            public Flux<GenerationEvent> generate(GenerationRequest request) {
                return Flux.empty();
            }
        };
    }

    @Test
    void aModelOfWhichAPartIsLostIsNotReadyUntilItIsBack() {
        AtomicReference<@Nullable String> lost = new AtomicReference<>();
        model.ready(generator(), () -> false, lost::get);
        serving.loaded();
        lost.set("stage b:7100 was lost: it is silent");
        assertThat(serving.ready())
                .isEqualTo(new Health.Answer(
                        false, "stage b:7100 was lost: it is silent; requests are taken again when it is back"));
        assertThat(serving.state()).isEqualTo("lost");
        assertThat(serving.live()).isEqualTo(Health.Answer.WELL);
        lost.set(null);
        assertThat(serving.ready()).isEqualTo(Health.Answer.WELL);
        lost.set("again");
        serving.draining();
        assertThat(serving.state()).isEqualTo("draining");
    }

    /** Not that there is no such model: whoever tries again finds it. */
    @Test
    void anAdapterOfTheStartIsTheModelThatIsBeingLoaded() {
        for (String name : List.of("roses", "m:roses")) {
            ApiException refused = catchThrowableOfType(ApiException.class, () -> model.find(name));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.retryAfterSeconds()).isEqualTo(5);
        }
        assertThat(model.find("violets")).isNull();
        assertThat(model.list().stream().map(entry -> entry.id() + " of " + entry.parent()))
                .containsExactly("m of null", "roses of m");
    }

    /** Once it has failed it refuses everything, which no other server would do for its requests. */
    @Test
    void aModelThatFailedIsNotReadyAndTheProcessLives() {
        AtomicBoolean broken = new AtomicBoolean();
        serving.loaded();
        model.ready(generator(), broken::get, () -> null);
        assertThat(serving.ready()).isEqualTo(Health.Answer.WELL);
        assertThat(serving.state()).isEqualTo("ready");
        broken.set(true);
        assertThat(serving.ready())
                .isEqualTo(new Health.Answer(false, "the model has failed; the server must be restarted"));
        assertThat(serving.state()).isEqualTo("failed");
        assertThat(serving.live()).isEqualTo(Health.Answer.WELL);
    }
}
