package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a request speaks of, as the reader of its items tells. */
final class ReferencesTest {
    @Test
    void whatHasARoleIsAMessageEvenWithTheIdItHad() {
        assertThat(References.of(
                        "resp_a",
                        List.of(
                                Map.of("type", "item_reference", "id", "msg_b"),
                                Map.of("id", "msg_c"),
                                Map.of("role", "assistant", "content", "Hm.", "id", "msg_d"),
                                Map.of("type", "message", "role", "assistant", "content", "Hm.", "id", "msg_e"),
                                "msg_f")))
                .containsExactly("resp_a", "resp_b", "resp_c");
        assertThat(References.of(null, "msg_a")).isEmpty();
    }
}
