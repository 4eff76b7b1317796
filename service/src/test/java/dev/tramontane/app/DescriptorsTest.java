package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptorsTest {

    @ParameterizedTest
    @CsvSource({
        "10000, 1048576, 10000",
        "10000, 1024, 832",
        "832, 1024, 832",
        "833, 1024, 832",
        "5, 100, 1",
        "1, 100, 1"
    })
    void connectionsFitIntoThem(int asked, long limit, int connections) {
        assertThat(Descriptors.connections(asked, OptionalLong.of(limit))).isEqualTo(connections);
    }

    @Test
    void anUnknownLimitIsNone() {
        assertThat(Descriptors.connections(10_000, OptionalLong.empty())).isEqualTo(10_000);
    }

    @Test
    void theLimitIsTheKernels() throws IOException {
        Path limits = Path.of("/proc/self/limits");
        assumeThat(limits).as("a system that tells its limits there").exists();
        String line = Files.readAllLines(limits).stream()
                .filter(each -> each.startsWith("Max open files"))
                .findFirst()
                .orElseThrow();
        assertThat(Descriptors.limit()).hasValue(Long.parseLong(line.split(" {2,}", -1)[1]));
    }
}
