package dev.tramontane.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.files.SharedDirectory;
import dev.tramontane.fixtures.Mutations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Page files are foreign input: sound ones are read bit for bit, anything else is refused by what is wrong with it. */
final class PageDirectoryTest {
    private static final long[] PAGES = {40, 24};
    private static final String NAME = "ab".repeat(32);
    private static final String OTHER = "cd".repeat(32);

    @TempDir
    Path temporary;

    private PageDirectory files;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        files = directory(model(1), PAGES);
        files.write(NAME, 3, pages(3));
        file = files.path(NAME);
    }

    private PageDirectory directory(byte[] model, long... pageBytes) throws IOException {
        return new PageDirectory(temporary.resolve("snapshots"), new PageFormat(model, pageBytes), model);
    }

    private static byte[] model(int number) {
        byte[] model = new byte[32];
        Arrays.fill(model, (byte) number);
        return model;
    }

    private static ByteBuffer pages(int groups) {
        byte[] bytes = new byte[(groups & 1) * 40 + (groups >> 1 & 1) * 24];
        new SplittableRandom(groups).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static ByteBuffer room() {
        return ByteBuffer.allocateDirect(64);
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> files.read(NAME, room()))
                .isInstanceOf(PageFileException.class)
                .hasMessageContaining(message);
    }

    @Test
    void whatWasWrittenIsRead() throws IOException {
        for (int groups = 1; groups <= 3; groups++) {
            files.write(OTHER, groups, pages(groups)); // Over the one before.
            ByteBuffer into = room();
            assertThat(files.look(OTHER)).isEqualTo(groups);
            assertThat(files.read(OTHER, into)).isEqualTo(groups);
            assertThat(into).isEqualTo(pages(groups));
        }
        assertThat(files.look("ef".repeat(32))).isZero();
        assertThat(files.read("ef".repeat(32), room())).isZero();
    }

    /** Keys and values tell what was said: nobody else reads them. */
    @Test
    void onlyTheOwnerReads() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        assertThat(file.getParent()).as("no part is left").isDirectoryNotContaining("glob:**" + SharedDirectory.PART);
    }

    @Test
    void anotherModelsBlocksAreNotSeen() throws IOException {
        PageDirectory another = directory(model(2), PAGES);
        assertThat(another.look(NAME)).isZero();
        another.write(NAME, 1, pages(1));
        assertThat(files.look(NAME)).isEqualTo(3);
        Files.copy(another.path(NAME), files.path(OTHER));
        assertThatThrownBy(() -> files.look(OTHER)).hasMessage("is of another model, or one with other settings");
    }

    @Test
    void cutAnywhereItIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertRefused(length < PageFormat.HEAD ? "fewer than the 128 of a head" : "bytes, expected 192");
        }
        Files.write(file, Arrays.copyOf(whole, whole.length + 1));
        assertRefused("has 193 bytes, expected 192");
    }

    @Test
    void anyFlippedBitIsFound() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            assertRefused("");
        }
    }

    /** Whoever writes a head with a fitting checksum is still refused where the head says what is not so. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "0; 1; does not begin as a page file does",
                "8; 2; is of version 2; version 1 is what this program reads",
                "8; -1; is of version 4294967295",
                "12; 0; has pages of groups of layers that the model lacks",
                "12; 4; has pages of groups of layers that the model lacks",
                "12; 7; has pages of groups of layers that the model lacks",
                "12; -2147483648; has pages of groups of layers that the model lacks",
                "12; 1; says it has 64 bytes of pages, expected 40",
                "16; 9; is of another model, or one with other settings",
                "48; 9; holds another block than its name says",
                "80; 65; says it has 65 bytes of pages, expected 64",
                "84; -1; bytes of pages, expected 64",
                "88; 5; has damaged pages: their checksum does not fit"
            })
    void aForgedHeadIsRefusedByName(int at, int value, String message) throws IOException {
        ByteBuffer forged = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        forged.putInt(at, value);
        CRC32C sum = new CRC32C();
        sum.update(forged.array(), 0, 124);
        Files.write(file, forged.putInt(124, (int) sum.getValue()).array());
        assertRefused(message.strip());
    }

    @Test
    void onlyAFileIsOpened() throws Exception {
        Path sound = temporary.resolve("sound");
        Files.move(file, sound);
        Files.createSymbolicLink(file, sound);
        assertRefused("is a symbolic link, not a file");
        files.remove(NAME);
        assertThat(Files.exists(sound)).as("what a link leads to").isTrue();
        Files.delete(file);
        Files.createDirectory(file);
        assertRefused("is a directory, not a file");
        files.remove(NAME);
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        assertRefused("is a device or pipe, not a file");
    }

    @Test
    void damagedAtRandomItIsReadOrRefused() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        new Mutations(List.of(whole), List.of(new byte[4], new byte[] {-1, -1, -1, -1}), PageFileException.class)
                .run(20_000, input -> {
                    PageFormat format = new PageFormat(model(1), PAGES);
                    ByteBuffer head = ByteBuffer.wrap(input, 0, Math.min(input.length, PageFormat.HEAD))
                            .slice();
                    PageFormat.Head sound = format.read(head, NAME, input.length);
                    PageFormat.check(sound, ByteBuffer.wrap(input, PageFormat.HEAD, input.length - PageFormat.HEAD));
                });
    }

    @Test
    void whatWasUsedLongestAgoGoesFirst() throws IOException {
        long[] occupied = new long[2];
        DirectoryLimit limit = new DirectoryLimit(files.files(), 192 * 8, new SnapshotObserver() {
            @Override
            public void removed(int count) {
                occupied[0] += count;
            }

            @Override
            public void occupied(long bytes) {
                occupied[1] = bytes;
            }
        });
        Instant then = Instant.now().minusSeconds(10_000);
        for (int i = 0; i < 10; i++) {
            String name = String.format("%064x", i);
            files.write(name, 3, pages(3));
            Files.setLastModifiedTime(files.path(name), FileTime.from(then.plusSeconds(i)));
        }
        files.read(String.format("%064x", 0), room()); // The oldest, but used now.
        Path foreign = Files.writeString(files.files().path().resolve("notes.txt"), "not ours");
        Path part = Files.writeString(files.files().path().resolve("old" + SharedDirectory.PART), "left");
        Files.setLastModifiedTime(part, FileTime.from(then));
        limit.enforce();
        assertThat(occupied).containsExactly(4, 192 * 7);
        for (int i = 0; i < 10; i++) {
            assertThat(files.look(String.format("%064x", i))).as("file %d", i).isEqualTo(i == 0 || i >= 5 ? 3 : 0);
        }
        assertThat(files.look(NAME)).as("the newest").isEqualTo(3);
        assertThat(foreign).exists();
        assertThat(part).doesNotExist();
    }
}
