package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.journal.JournalException;
import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationRequest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** Who goes on with an answer: whoever computes with what it began with, or nobody. */
final class GoingModelsTest {
    private static ServedModels of(String adapter) {
        return ServedModels.of(
                new AnswersOnly("m", 8) {
                    @Override
                    public Flux<GenerationEvent> generate(GenerationRequest request) {
                        return Flux.empty();
                    }

                    @Override
                    public String adaptedBy() {
                        return adapter;
                    }
                },
                0);
    }

    @Test
    void anEqualOneGoesOn() {
        assertThat(of("").going("m", "").model()).isEqualTo("m");
        assertThat(of("").going(null, "").model()).isEqualTo("m");
        assertThat(of("").going("tgi", "").model()).isEqualTo("m");
        assertThat(of("m:d1").going("m", "m:d1").model()).isEqualTo("m");
    }

    @Test
    void anotherOneOfTheNameDoesNot() {
        for (String[] pair : new String[][] {{"", "m:d1"}, {"m:d1", ""}, {"m:d1", "m:d2"}, {"", "x:d1"}}) {
            assertThatThrownBy(() -> of(pair[0]).going("m", pair[1]))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("is an answer of 'm', computed with other weights");
        }
        assertThatThrownBy(() -> of("").going("x", "")).isInstanceOf(ApiException.class);
        assertThatThrownBy(() -> of("").going("x", "m:d1")).isInstanceOf(JournalException.class);
    }
}
