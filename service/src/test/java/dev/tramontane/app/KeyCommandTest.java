package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.keys.KeyFile;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyRing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyCommandTest {
    @TempDir
    Path dir;

    private static Outcome run(String... args) {
        return new CapturedProgram().run(args);
    }

    @Test
    void printsTheKeyAndItsLine() throws Exception {
        Outcome made = run("key", "web", "--requests", "600", "--tokens", "9000", "--streams", "8", "--share", "25");
        assertThat(made.code()).isZero();
        List<String> lines = made.out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).matches("sk-tm-[A-Za-z0-9_-]{43}");
        Path file = Files.writeString(dir.resolve("keys"), lines.get(1));
        KeyRing ring = new KeyRing(KeyFile.read(file), () -> 0);
        assertThat(ring.find(lines.getFirst())).isNotNull().satisfies(shown -> {
            assertThat(shown.holder().name()).isEqualTo("web");
            assertThat(shown.holder().limits()).isEqualTo(new KeyLimits(600, 9000, 8, 25));
        });
        assertThat(made.err()).doesNotContain(lines.getFirst());
    }

    @Test
    void appendsWholeLinesToAFileOfItsOwnMode() throws Exception {
        Path file = dir.resolve("keys.txt");
        Outcome first = run("key", "a", "--append", file.toString());
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out().lines()).hasSize(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .startsWith("rw-")
                .endsWith("---");
        Files.writeString(file, Files.readString(file).strip()); // As some editors leave it.
        assertThat(run("key", "b", "--append", file.toString()).code()).isZero();
        assertThat(KeyFile.read(file)).extracting(entry -> entry.name()).containsExactly("a", "b");
        assertThat(Files.readString(file)).doesNotContain(first.out().strip());
    }

    @Test
    void aFileThatIsNoneStaysAsItIs() throws Exception {
        Path file = Files.writeString(dir.resolve("other"), "something else\n");
        Outcome refused = run("key", "a", "--append", file.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).hasLineCount(1).startsWith("tramontane: --append: " + file + ", line 1: ");
        assertThat(refused.out()).isEmpty();
        assertThat(file).hasContent("something else\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"key", "key|-x y", "key|a b", "key|a|--requests|0", "key|a|--share|101", "key|a|--tokens|x"})
    void whatIsWrongIsOneLine(String line) {
        Outcome refused = run(line.split("\\|", -1));
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).hasLineCount(1).startsWith("tramontane: ");
        assertThat(refused.out()).isEmpty();
    }
}
