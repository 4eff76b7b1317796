package dev.tramontane.loadtest.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceTest {
    private final SplittableRandom random = new SplittableRandom(1);

    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("trace"), text);
    }

    private Turn turn(Trace trace, int number) {
        return trace.source().turn(number, random);
    }

    @Test
    void linesLikeMooncakes() throws IOException {
        Trace trace = Trace.read(file("""
                {"timestamp": 1000, "input_length": 1030, "output_length": 7, "hash_ids": [1, 2, 3]}

                {"timestamp": 1500, "input_length": 1000, "output_length": 3, "hash_ids": [1, 4], "extra": true}
                {"timestamp": 3000, "input_length": 3, "output_length": 1}
                """));
        assertThat(trace.size()).isEqualTo(3);
        assertThat(turn(trace, 0).answer()).isEqualTo(7);
        String first = turn(trace, 0).prompt().text();
        String second = turn(trace, 4).prompt().text();
        assertThat(first.split(" ")).hasSize(1030);
        assertThat(second.split(" ")).hasSize(1000);
        // The block that both name is the same words, and the next is not.
        assertThat(firstWords(second, 512)).isEqualTo(firstWords(first, 512));
        assertThat(firstWords(second, 600)).isNotEqualTo(firstWords(first, 600));
        Arrivals arrivals = trace.arrivals(2);
        assertThat(new long[] {arrivals.next(), arrivals.next(), arrivals.next(), arrivals.next()})
                .containsExactly(0, 250_000_000, 1_000_000_000, Long.MAX_VALUE);
    }

    private static String firstWords(String text, int count) {
        return String.join(" ", java.util.List.of(text.split(" ")).subList(0, count));
    }

    @Test
    void conversationsLikeShareGpts() throws IOException {
        Trace trace = Trace.read(file("""
                [{"id": "a", "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "Because it is."},
                  {"from": "human", "value": "And?"}]},
                 {"id": "b", "conversations": [{"from": "gpt", "value": "x"}, {"from": "human", "value": "y"}]},
                 {"id": "c", "conversations": [{"from": "human", "value": "alone"}]},
                 {"id": "d", "conversations": [{"from": "human", "value": "Où ?"}, {"from": "gpt", "value": "Là."}]}]
                """));
        assertThat(trace.size()).isEqualTo(2);
        assertThat(turn(trace, 0).prompt().text()).isEqualTo("Why?");
        assertThat(turn(trace, 0).answer()).isEqualTo(3);
        assertThat(turn(trace, 1).prompt().text()).isEqualTo("Où ?");
        assertThat(turn(trace, 1).answer()).isEqualTo(1);
        assertThatThrownBy(() -> trace.arrivals(1)).hasMessageStartingWith("--arrivals trace needs a trace with times");
    }

    /** Larger than what is read at a time. */
    @Test
    void manyConversationsAreReadPieceByPiece() throws IOException {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < 3000; i++) {
            text.append(i == 0 ? "" : ",")
                    .append("{\"conversations\":[{\"from\":\"human\",\"value\":\"")
                    .append("é".repeat(50))
                    .append("\"},{\"from\":\"gpt\",\"value\":\"yes\"}]}");
        }
        assertThat(Trace.read(file(text.append(']').toString())).size()).isEqualTo(3000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | is neither an array of conversations",
                "hello | is neither an array of conversations",
                "[] | has no request in it",
                "[{\"conversations\": 5}] | conversation 1: not an object with an array conversations",
                "[{\"conversations\": [1, 2]}] | conversation 1: not an object",
                "[{\"conversations\": [ | malformed JSON after conversation 0",
                "[{}, {]] | malformed JSON after conversation 1",
                "{\"timestamp\": 1} | line 1: input_length must be 1 to",
                "{\"timestamp\": 1, \"input_length\": 0, \"output_length\": 1} | line 1: input_length must be 1 to",
                "{\"timestamp\": -1, \"input_length\": 1, \"output_length\": 1} | line 1: timestamp must be",
                "{\"timestamp\": \"x\", \"input_length\": 1, \"output_length\": 1} | line 1: not an object with numbers",
                "{\"timestamp\": 1, \"input_length\": 1, \"output_length\": 1, \"hash_ids\": [\"a\"]} | line 1: not an object",
                "{nonsense | line 1: not an object with numbers",
            })
    void malformedFilesAreRefusedByPlace(String text, String message) throws IOException {
        assertThatThrownBy(() -> Trace.read(file(text)))
                .isInstanceOf(InvalidPlanException.class)
                .hasMessageContaining(message)
                .hasMessageStartingWith("--trace ");
    }

    @Test
    void timesThatGoBackAreRefused() throws IOException {
        String line = "{\"timestamp\": %d, \"input_length\": 1, \"output_length\": 1}\n";
        assertThatThrownBy(() -> Trace.read(file(line.formatted(5) + line.formatted(4))))
                .hasMessageContaining("line 2: timestamp is before");
    }
}
