package dev.tramontane.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFileTest {
    private static final String A = "sha256:" + "a".repeat(64);
    private static final String B = "sha256:" + "b".repeat(64);

    @TempDir
    Path dir;

    @Test
    void aLineIsANameAHashAndLimits() throws Exception {
        Path file = Files.writeString(
                dir.resolve("keys"),
                "# those of the web\r\n\n  web\t" + A + "  requests=600 share=25% tokens=90000 streams=8 \nshop.2 "
                        + B);
        List<KeyEntry> entries = KeyFile.read(file);
        assertThat(entries).extracting(KeyEntry::name).containsExactly("web", "shop.2");
        assertThat(entries)
                .extracting(KeyEntry::limits)
                .containsExactly(new KeyLimits(600, 90_000, 8, 25), KeyLimits.NONE);
        assertThat(entries.getFirst().hash()).hasSize(32).containsOnly(0xaa);
        assertThat(entries.getFirst().line()).isEqualTo("web " + A + " requests=600 tokens=90000 streams=8 share=25%");
    }

    @Test
    void whatIsPrintedIsRead() throws Exception {
        String key = SecretKey.make(new SecureRandom());
        KeyEntry made = new KeyEntry("x", SecretKey.hash(key), new KeyLimits(1, 0, 3, 100));
        assertThat(KeyFile.parse(made.line(), "f")).singleElement().satisfies(read -> {
            assertThat(read.limits()).isEqualTo(made.limits());
            assertThat(read.hash()).isEqualTo(made.hash());
        });
    }

    @Test
    void anOperatorsLineSaysSo() {
        KeyEntry made = new KeyEntry("x", SecretKey.hash("k"), new KeyLimits(1, 0, 0, 0).ofOperator());
        assertThat(made.line()).endsWith(" requests=1 operator");
        assertThat(KeyFile.parse(made.line(), "f"))
                .singleElement()
                .satisfies(read -> assertThat(read.limits()).isEqualTo(made.limits()));
        assertThat(KeyFile.parse("x " + A + " operator share=5%", "f")
                        .getFirst()
                        .limits())
                .isEqualTo(new KeyLimits(0, 0, 0, 5, true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    ""                             | f has no key
                    # nothing                      | f has no key
                    -a A                           | line 1: a line begins with a name
                    ä A                            | line 1: a line begins with a name
                    a                              | line 1: after the name comes sha256:
                    a sk-tm-key                    | a key itself does not belong here
                    a sha256:AAAA                  | after the name comes sha256:
                    a A=                           | after the name comes sha256:
                    a A requests                   | limits are requests=N
                    a A requests=0                 | limits are requests=N
                    a A requests=-1                | limits are requests=N
                    a A requests=1.5               | limits are requests=N
                    a A requests=9999999999999     | requests is 1 to 1000000000000
                    a A requests=5%                | requests is 1 to 1000000000000
                    a A speed=5                    | limits are requests=N
                    a A share=50                   | share is 1 to 100, with a %
                    a A share=101%                 | share is 1 to 100, with a %
                    a A streams=2000000            | streams is 1 to 1000000
                    a A tokens=1 tokens=1          | tokens is there twice
                    a A operator operator          | operator is there twice
                    a A operators                  | limits are requests=N
                    a A operator;a B               | whether it is an operator's
                    a A;b A                        | line 2: this key is there twice
                    a A tokens=1;a B               | line 2: the limits of 'a' are others
                    """)
    void whatMeansNothingRefusesTheFile(String text, String message) {
        String whole = text.replace(" A", " " + A).replace(" B", " " + B).replace(';', '\n');
        assertThatThrownBy(() -> KeyFile.parse(whole, "f"))
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining(message);
    }

    /** A key put there by mistake must not come into a log by the complaint. */
    @Test
    void aComplaintHoldsNothingOfTheLine() {
        String key = SecretKey.make(new SecureRandom());
        for (String line : List.of(key, "a " + key, "a " + A + " " + key, key + " " + A)) {
            assertThatThrownBy(() -> KeyFile.parse(line, "f"))
                    .isInstanceOf(KeyFileException.class)
                    .satisfies(wrong -> assertThat(wrong.getMessage()).doesNotContain(key, key.substring(10)));
        }
    }

    @Test
    void whatIsNoSuchFileIsTold() throws Exception {
        assertThatThrownBy(() -> KeyFile.read(dir)).hasMessage(dir + " is not a regular file");
        assertThatThrownBy(() -> KeyFile.read(dir.resolve("none"))).hasMessageEndingWith("none does not exist");
        Path binary = Files.write(dir.resolve("binary"), new byte[] {(byte) 0xff, 0});
        assertThatThrownBy(() -> KeyFile.read(binary)).hasMessageEndingWith("is not UTF-8 text");
        Path large = Files.write(dir.resolve("large"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> KeyFile.read(large)).hasMessageContaining("larger than 1 MiB");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i <= KeyFile.MOST_KEYS; i++) {
            many.append(new KeyEntry("a", SecretKey.hash("" + i), KeyLimits.NONE).line())
                    .append('\n');
        }
        assertThatThrownBy(() -> KeyFile.parse(many.toString(), "f")).hasMessageContaining("has 1001 keys");
    }

    /** Whatever bytes come, they are taken or refused in words. */
    @Test
    void noFileBreaksIt() throws Exception {
        String good = "web " + A + " requests=600 share=25%\nb " + B + "\n";
        Path file = dir.resolve("mutated");
        List<String> words = List.of(
                "requests=", "tokens=5", " share=100%", " operator", "sha256:", "\n", "\r", "#", " ", "0", "%", A);
        Mutations.ofText(List.of(good), words, KeyFileException.class).run(2000, bytes -> {
            Files.write(file, bytes);
            assertThat(KeyFile.read(file)).isNotEmpty();
        });
    }
}
