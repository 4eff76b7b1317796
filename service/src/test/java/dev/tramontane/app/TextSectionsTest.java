package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextSectionsTest {

    private static List<String> sections(byte[] bytes, int most) throws IOException {
        List<String> all = new ArrayList<>();
        try (TextSections sections = new TextSections(Path.of("t.txt"), dribbling(bytes), most)) {
            for (String next = sections.next(); !next.isEmpty(); next = sections.next()) {
                all.add(next);
            }
            assertThat(sections.read()).isEqualTo(bytes.length);
        }
        return all;
    }

    /** A stream that gives a few bytes at a time, so that characters are cut. */
    private static InputStream dribbling(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            private int given;

            @Override
            public synchronized int read(byte[] target, int at, int length) {
                return super.read(target, at, Math.min(length, 1 + given++ % 5));
            }
        };
    }

    @Test
    void togetherAreTheText() throws IOException {
        Random random = new Random(5);
        String[] parts = {"word", " ", "\n", "\n\n", "é", "雨", "\uD83D\uDE00", "\t", "0"};
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            int most = 2 + random.nextInt(60);
            List<String> sections = sections(text.toString().getBytes(StandardCharsets.UTF_8), most);
            assertThat(String.join("", sections)).isEqualTo(text.toString());
            assertThat(sections).allSatisfy(section -> {
                assertThat(section.length()).isBetween(1, most);
                assertThat(Character.isHighSurrogate(section.charAt(section.length() - 1)))
                        .isFalse();
            });
        }
    }

    @Test
    void endBeforeALinesEnd() throws IOException {
        assertThat(sections("one two\nthree four\nfive\n".getBytes(StandardCharsets.UTF_8), 10))
                .containsExactly("one two", "\nthree fou", "r\nfive\n");
        assertThat(sections(new byte[0], 10)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"61 62 ff 63, 2", "c3, 0", "61 e2 82, 1", "61 ed a0 80 62, 1", "f0 9f 98 80 80, 4", "c0 80, 0"})
    void whatIsNoUtf8IsRefusedByItsPlace(String hex, long offset) {
        String[] digits = hex.split(" ", -1);
        byte[] bytes = new byte[digits.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(digits[i], 16);
        }
        assertThatThrownBy(() -> sections(bytes, 10))
                .isInstanceOf(UsageException.class)
                .hasMessage("t.txt is no UTF-8: the byte at offset " + offset
                        + " does not belong there; convert it, with iconv for instance");
    }
}
