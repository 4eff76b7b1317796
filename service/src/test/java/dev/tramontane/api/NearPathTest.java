package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearPathTest {
    private static final List<String> SERVED =
            List.of("/", "/v1/models", "/v1/completions", "/v1/chat/completions", "/api/chat", "/info");

    @ParameterizedTest
    @CsvSource({
        "/chat/completions, /v1/chat/completions",
        "/models, /v1/models",
        "/completions, /v1/chat/completions",
        "/v1/v1/chat/completions, /v1/chat/completions",
        "/openai/v1/models, /v1/models",
        "/v1/chat/completion, /v1/chat/completions",
        "/api/chats, /api/chat",
    })
    void aWrongPathIsNearToOneThatIsServed(String asked, String meant) {
        assertThat(NearPath.suggestion(asked, SERVED)).isEqualTo("; did you mean " + meant + "?");
    }

    @ParameterizedTest
    @CsvSource({"/", "/x", "/docs", "/server_info", "this path"})
    void othersAreNot(String asked) {
        assertThat(NearPath.suggestion(asked, SERVED)).isEmpty();
    }
}
