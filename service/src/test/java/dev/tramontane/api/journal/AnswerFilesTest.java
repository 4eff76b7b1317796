package dev.tramontane.api.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.fixtures.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of answers are foreign: each fault has its words, and one process takes what another wrote, whole or not at all. */
final class AnswerFilesTest {
    private static final byte[] MODEL = new byte[32];
    private static final JournalFormat FORMAT = new JournalFormat(MODEL);
    private static final AnswerName NAME = AnswerName.of("tenant", "resp_1");
    private static final byte[] BODY = "{\"an\": \"answer\"}".getBytes(StandardCharsets.UTF_8);
    private static final int MUTATIONS = 20_000;

    @TempDir
    private Path directory;

    private AnswerDirectory files;

    @BeforeEach
    void open() throws IOException {
        files = new AnswerDirectory(directory.resolve("answers"), FORMAT);
    }

    private static byte[] sound() {
        return FORMAT.file(AnswerKind.RESPONSE, NAME, BODY).array();
    }

    /** What the head says of itself is right again. */
    private static byte[] sealed(byte[] file, Consumer<ByteBuffer> change) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        change.accept(bytes);
        CRC32C sum = new CRC32C();
        sum.update(file, 0, 124);
        bytes.putInt(124, (int) sum.getValue());
        return file;
    }

    static List<Arguments> faults() {
        byte[] altered = sound();
        altered[130] ^= 1;
        byte[] foreign = sound();
        foreign[0] = 'x';
        byte[] head = sound();
        head[60] ^= 1;
        byte[] longer = new byte[sound().length + 1];
        System.arraycopy(sound(), 0, longer, 0, sound().length);
        return List.of(
                Arguments.of(new byte[0], "has 0 bytes, fewer than the 128 of a head", false),
                Arguments.of(
                        java.util.Arrays.copyOf(sound(), 127), "has 127 bytes, fewer than the 128 of a head", false),
                Arguments.of(java.util.Arrays.copyOf(sound(), 130), "has 130 bytes, expected 144", false),
                Arguments.of(longer, "has 145 bytes, expected 144", false),
                Arguments.of(foreign, "does not begin as an answer's file does", false),
                Arguments.of(
                        sealed(sound(), bytes -> bytes.putInt(8, 2)),
                        "is of version 2; version 1 is what this program reads",
                        true),
                Arguments.of(head, "has a damaged head: its checksum does not fit", false),
                Arguments.of(
                        sealed(sound(), bytes -> bytes.put(20, (byte) 1)),
                        "is of another model, or of one under another name",
                        true),
                Arguments.of(
                        sealed(sound(), bytes -> bytes.put(50, (byte) 1)),
                        "holds another answer than its name says",
                        false),
                Arguments.of(
                        sealed(sound(), bytes -> bytes.putInt(12, 9)),
                        "holds an answer of kind 9, which there is not",
                        false),
                Arguments.of(
                        sealed(sound(), bytes -> bytes.putLong(80, -1)),
                        "says it has 18446744073709551615 bytes of an answer, more than 67108736",
                        false),
                Arguments.of(altered, "has a damaged answer: its checksum does not fit", false));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void eachFaultHasItsWords(byte[] file, String words, boolean foreign) throws IOException {
        Files.write(files.path(NAME), file);
        assertThatThrownBy(() -> files.take(NAME))
                .isInstanceOfSatisfying(
                        JournalException.class,
                        refused -> assertThat(refused.isDamage()).isNotEqualTo(foreign))
                .hasMessage(words);
        if (foreign) {
            assertThat(files.has(NAME)).as("another process reads it").isTrue();
        }
    }

    @Test
    void onlyFilesAreOpened() throws IOException {
        Path link = files.path(NAME);
        Files.createSymbolicLink(link, Files.write(directory.resolve("elsewhere"), sound()));
        assertThatThrownBy(() -> files.take(NAME)).hasMessage("is a symbolic link, not a file");
        Files.delete(link);
        Files.createDirectory(link);
        assertThatThrownBy(() -> files.take(NAME)).hasMessage("is a directory, not a file");
    }

    @Test
    void whateverABrokenFileSaysItIsReadOrRefused() {
        new Mutations(List.of(sound()), List.of(), JournalException.class).run(MUTATIONS, input -> {
            ByteBuffer in = ByteBuffer.wrap(input);
            JournalFormat.Head head =
                    FORMAT.head(in.duplicate().limit(Math.min(input.length, JournalFormat.HEAD)), NAME, input.length);
            JournalFormat.check(head, in.position(JournalFormat.HEAD));
        });
    }

    @Test
    void anAnswerIsOnesWhoTakesIt() throws IOException {
        assertThat(files.take(NAME)).isNull();
        files.write(AnswerKind.STREAM, NAME, BODY);
        AnswerDirectory.Found taken = Objects.requireNonNull(files.take(NAME));
        assertThat(taken.kind()).isEqualTo(AnswerKind.STREAM);
        assertThat(taken.body()).isEqualTo(BODY);
        assertThat(files.take(NAME)).as("taken already").isNull();
        files.giveBack(NAME);
        assertThat(files.take(NAME)).isNotNull();
        files.done(NAME);
        assertThat(files.take(NAME)).isNull();
        assertThat(names()).isEmpty();
        assertThat(Files.getPosixFilePermissions(files.files().path())).hasSize(3);
    }

    @Test
    void anothersIsNotFound() throws IOException {
        files.write(AnswerKind.RESPONSE, NAME, BODY);
        assertThat(files.take(AnswerName.of("other", "resp_1"))).isNull();
        assertThat(AnswerName.of("ab", "c")).isNotEqualTo(AnswerName.of("a", "bc"));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> all = Files.list(files.files().path())) {
            return all.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** Whoever dies in the middle of writing leaves a part, which nobody takes for an answer. */
    @Test
    void whatIsOldOrTooMuchGoes() throws IOException {
        Instant now = Instant.now();
        Path part = Files.write(files.files().path().resolve("1" + SharedDirectory.PART), sound());
        Path fresh = Files.write(files.files().path().resolve("2" + SharedDirectory.PART), sound());
        Files.setLastModifiedTime(part, FileTime.from(now.minus(Duration.ofHours(2))));
        for (int i = 0; i < 5; i++) {
            AnswerName name = AnswerName.of("", "resp_" + i);
            files.write(AnswerKind.RESPONSE, name, BODY);
            Files.setLastModifiedTime(files.path(name), FileTime.from(now.minus(Duration.ofMinutes(10L * i))));
        }
        Path other = Files.writeString(files.files().path().resolve("notes.txt"), "mine");
        Duration kept = Duration.ofMinutes(35);
        new AnswerLimit(files.files(), 1 << 20, kept).enforce(now);
        assertThat(part).doesNotExist();
        assertThat(fresh).exists();
        assertThat(files.has(AnswerName.of("", "resp_3"))).isTrue();
        assertThat(files.has(AnswerName.of("", "resp_4"))).as("too old").isFalse();
        new AnswerLimit(files.files(), 2L * sound().length, kept).enforce(now);
        assertThat(files.has(AnswerName.of("", "resp_1"))).isTrue();
        assertThat(files.has(AnswerName.of("", "resp_2"))).as("too much").isFalse();
        assertThat(other).exists();
        AnswerLimit limit = new AnswerLimit(files.files(), 2L * sound().length, kept);
        limit.enforce(now);
        files.write(AnswerKind.RESPONSE, NAME, BODY);
        limit.written(sound().length);
        assertThat(files.has(AnswerName.of("", "resp_1")))
                .as("the oldest gives way")
                .isFalse();
        assertThat(files.has(NAME)).isTrue();
    }
}
