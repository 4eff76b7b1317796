package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.field;
import static dev.tramontane.api.AttackedService.item;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/** A time of day that cannot be trusted, by its number in docs/faults.md. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReliabilityTimeTest {
    private static final Instant TODAY = Instant.ofEpochSecond(TestService.NOW);

    private AttackedService at;

    @BeforeAll
    void serve() throws IOException {
        at = new AttackedService();
    }

    @AfterAll
    void end() {
        at.close();
    }

    @TestFactory
    Stream<DynamicTest> reliability() {
        return at.survives(List.of(item(58, "a wall clock that jumps by days in mid-answer", () -> {
            JsonObject kept = at.ask("/v1/responses", "{\"input\": \"go\", \"max_output_tokens\": 16}")
                    .json();
            try (RawClient client = at.connect()) {
                client.send(RawClient.post(
                                COMPLETIONS,
                                field(
                                        "max_tokens",
                                        "400, \"ignore_eos\": true, \"stream\": true, \"deadline_ms\": 60000")))
                        .head();
                StringBuilder heard = new StringBuilder();
                AtomicInteger jumps = new AtomicInteger();
                at.model.spy(step ->
                        at.service.now = TODAY.plus(Duration.ofDays(jumps.getAndIncrement() % 2 == 0 ? 3 : -3)));
                for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
                    heard.append(new String(chunk, StandardCharsets.UTF_8));
                }
                at.model.spy(step -> {});
                assertThat(jumps).as("with each step").hasValueGreaterThan(10);
                List<JsonObject> events = StrictEvents.of(heard.toString());
                assertThat(events.getLast().encode())
                        .contains("\"finish_reason\":\"length\"")
                        .doesNotContain("deadline");
            }
            for (int days : new int[] {3, -3}) {
                at.service.now = TODAY.plus(Duration.ofDays(days));
                RawClient.Answer found = at.send(RawClient.get("/v1/responses/" + kept.getString("id")));
                assertThat(found.json()).as("%s", days).isEqualTo(kept);
                JsonObject made = at.ask("/v1/responses", "{\"input\": \"go\", \"max_output_tokens\": 16}")
                        .json();
                assertThat(made.getLong("created_at")).as("%s", made).isEqualTo(at.service.now.getEpochSecond());
            }
            at.service.now = TODAY;
        })));
    }
}
