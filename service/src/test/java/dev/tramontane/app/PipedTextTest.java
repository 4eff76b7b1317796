package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What comes on standard input. */
class PipedTextTest {
    /** So many bytes, and then an end. */
    private static InputStream letters(long count) {
        return new InputStream() {
            private long left = count;

            @Override
            public int read() {
                return left-- > 0 ? 'a' : -1;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                int read = (int) Math.min(length, left);
                Arrays.fill(bytes, offset, offset + read, (byte) 'a');
                left -= read;
                return read == 0 && length > 0 ? -1 : read;
            }
        };
    }

    @Test
    void aTextIsReadWhole() throws IOException {
        byte[] text = "Grüße, 世界\n".getBytes(StandardCharsets.UTF_8);
        assertThat(PipedText.read(new ByteArrayInputStream(text))).isEqualTo("Grüße, 世界\n");
        assertThat(PipedText.read(letters(PipedText.MOST_BYTES)).length()).isEqualTo(PipedText.MOST_BYTES);
    }

    @Test
    void whatNeverEndsIsRefused() {
        assertThatThrownBy(() -> PipedText.read(letters(Long.MAX_VALUE)))
                .isInstanceOf(UsageException.class)
                .hasMessage("the prompt on standard input is larger than 16.0 MiB");
    }

    @Test
    void whatIsNoTextIsRefused() {
        byte[] picture = {(byte) 0x89, 'P', 'N', 'G'};
        assertThatThrownBy(() -> PipedText.read(new ByteArrayInputStream(picture)))
                .hasMessage("what comes on standard input is no text in UTF-8");
    }

    /** Files, pipes and sockets; not terminals, /dev/null, directories. */
    @ParameterizedTest
    @CsvSource({"8180,true", "1180,true", "c1ff,true", "2190,false", "21b6,false", "41ed,false", "61b0,false"})
    void onlyWhatIsPipedInIsRead(String mode, boolean piped) {
        assertThat(Environment.isPiped(Integer.parseInt(mode, 16))).isEqualTo(piped);
    }
}
