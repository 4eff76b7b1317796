package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arrivals have the traces' statistics, and are the same each time. */
class WorkloadTest {
    /**
     * Drawn between fifteen quantiles, means come out within a tenth of the traces' own, or a fifth where they depend on the
     * last hundredth, as those of the answers do.
     */
    @ParameterizedTest
    @CsvSource({"CONVERSATION, 1155, 211", "CODE, 2048, 28", "LONG_CONVERSATION, 12035, 343"})
    void lengthsAreTheTraces(String name, double prompt, double answer) {
        Lengths lengths = switch (name) {
            case "CODE" -> Lengths.CODE;
            case "CONVERSATION" -> Lengths.CONVERSATION;
            default -> Lengths.LONG_CONVERSATION;
        };
        List<Request> requests = new Workload(name, 10, 1, at -> 1, lengths).requests(3);
        assertThat(mean(requests, request -> request.prompt)).isCloseTo(prompt, within(0.1 * prompt));
        assertThat(mean(requests, request -> request.answer)).isCloseTo(answer, within(0.2 * answer));
    }

    @Test
    void theTracesHourIsRepeated() {
        Workload workload = Workload.conversationHours(2, 2);
        List<Request> requests = workload.requests(1);
        // 19,329 requests in the 58 whole minutes, twice as many, and 120 minutes of such.
        assertThat(requests.size() / (2 * 19_329 * 120 / 58.0)).isCloseTo(1, within(0.02));
        assertThat(requests).isSortedAccordingTo((one, other) -> Double.compare(one.arrived, other.arrived));
        assertThat(workload.requests(1).getLast().arrived).isEqualTo(requests.getLast().arrived);
    }

    private static double mean(List<Request> requests, ToIntFunction<Request> length) {
        return requests.stream().mapToInt(length).average().orElseThrow();
    }
}
