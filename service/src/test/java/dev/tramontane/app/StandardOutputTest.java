package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardOutputTest {
    private static final String FULL = "No space left on device";
    private static final String LEFT = "Broken pipe";

    @TempDir
    Path dir;

    private final AtomicInteger attempts = new AtomicInteger();

    private OutputStream refusing(String reason) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[1], 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                attempts.incrementAndGet();
                throw new IOException(reason);
            }
        };
    }

    private String model() throws IOException {
        return TinyModel.PLAIN.writeTo(dir).toString();
    }

    @Test
    void whatIsLostIsAnError() throws IOException {
        String said = "tramontane: cannot write to standard output: " + FULL + "; what is there is not all"
                + System.lineSeparator();
        for (String[] line : new String[][] {
            {"complete", "--model", model(), "-n", "20", "-t", "0", "hello"}, {"inspect", model()}, {"doctor"}
        }) {
            Outcome outcome = new CapturedProgram().writingTo(refusing(FULL)).run(line);
            assertThat(outcome.err()).isEqualTo(said);
            assertThat(outcome.code()).isEqualTo(1);
        }
    }

    @Test
    void anAnswerEndsWhereItsReaderLeaves() throws IOException {
        Outcome outcome = new CapturedProgram()
                .writingTo(refusing(LEFT))
                .run("complete", "--model", model(), "-n", "20", "-t", "0", "hello");
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.code()).isZero();
        assertThat(attempts).hasValue(1);
    }

    /** The C library says it in the user's language. */
    @Test
    void thatNobodyReadsIsKnownInItsOwnWords() {
        String words = OutputException.noReader();
        assertThat(OutputException.ofStandardOutput(new IOException(words)).unread())
                .isTrue();
        assertThat(OutputException.ofStandardOutput(new IOException(FULL)).unread())
                .isFalse();
        assertThat(words).isNotEqualTo(FULL).isNotBlank();
    }

    @Test
    void whatFailsFailsWhoeverReadsIt() throws IOException {
        Path fake = Files.writeString(dir.resolve("fake.so"), "not a library");
        Outcome outcome =
                new CapturedProgram().writingTo(refusing(LEFT)).run("doctor", "--kernel-library", fake.toString());
        assertThat(outcome.code()).isEqualTo(1);
    }

    @Test
    void aViewAndADialogueEndWhereTheirReaderLeaves() throws IOException {
        StandardOutput left = new StandardOutput(refusing(LEFT));
        try (PlainDisplay display = new PlainDisplay(left, new CountDownLatch(1))) {
            assertThatThrownBy(() -> display.show(List.of("a line"))).isInstanceOf(OutputException.class);
        }
        attempts.set(0);
        Outcome outcome = new CapturedProgram()
                .reading("hello\nhello\n")
                .writingTo(refusing(LEFT))
                .run("chat", "--model", model(), "-n", "4", "-t", "0");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(attempts).hasValue(1);
    }
}
