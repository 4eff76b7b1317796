package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LibraryCacheTest {
    @TempDir
    Path directory;

    private final BundledLibrary library = BundledLibrary.of(TinyContext.platform());
    private Path cache = Path.of("");

    @BeforeEach
    void placeCache() {
        cache = directory.resolve("a").resolve("cache");
    }

    @Test
    void unpacksOnceForThisUserAlone() throws IOException {
        Path file = LibraryCache.unpack(library, cache);
        assertThat(Files.readAllBytes(file)).isEqualTo(library.bytes());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("r-x------");
        Object inode = Files.getAttribute(file, "unix:ino");
        assertThat(LibraryCache.unpack(library, cache)).isEqualTo(file);
        assertThat(Files.getAttribute(file, "unix:ino")).as("not written again").isEqualTo(inode);
        assertNoLeftovers();
    }

    @Test
    void replacesADamagedFile() throws IOException {
        Path file = LibraryCache.unpack(library, cache);
        for (byte[] damage : List.of(new byte[0], new byte[] {1, 2, 3}, flipped(library.bytes()))) {
            Files.delete(file);
            Files.write(file, damage);
            assertThat(LibraryCache.unpack(library, cache)).isEqualTo(file);
            assertThat(Files.readAllBytes(file)).isEqualTo(library.bytes());
        }
        assertNoLeftovers();
    }

    @Test
    void manyThreadsUnpackTheSameFile() throws Exception {
        int threads = 8;
        CyclicBarrier start = new CyclicBarrier(threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Path>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                tasks.add(() -> {
                    start.await();
                    return LibraryCache.unpack(library, cache);
                });
            }
            for (Future<Path> result : pool.invokeAll(tasks)) {
                assertThat(Files.readAllBytes(result.get())).isEqualTo(library.bytes());
            }
        }
        assertNoLeftovers();
    }

    @Test
    void manyProcessesUnpackTheSameFile() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            KernelLibraryTest.Loader.class.getName(),
                            cache.toString())
                    .redirectErrorStream(true)
                    .start());
        }
        for (Process process : processes) {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
        }
        assertNoLeftovers();
    }

    @Test
    void refusesSymbolicLinks() throws IOException {
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), elsewhere);
        assertRefused(link, "symbolic links");

        Path file = LibraryCache.unpack(library, cache);
        Path copy = Files.copy(file, directory.resolve("copy"));
        Files.delete(file);
        Files.createSymbolicLink(file, copy);
        assertRefused(cache, "symbolic links");
    }

    @Test
    void refusesWhatOthersMayWrite() throws IOException {
        Path file = LibraryCache.unpack(library, cache);
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwx---"));
        assertRefused(cache, "chmod go-w");
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xrw-"));
        assertRefused(cache, "chmod go-w");
    }

    @Test
    void refusesWhatBelongsToOthers() throws IOException {
        assumeTrue(Posix.effectiveUser() == 0, "only root can give files away: run the tests as root, too");
        Path file = LibraryCache.unpack(library, cache);
        Files.setAttribute(file, "unix:uid", 12345);
        assertRefused(cache, "belongs to user 12345");
        Files.setAttribute(file, "unix:uid", 0);
        Files.setAttribute(cache, "unix:uid", 12345);
        assertRefused(cache, "belongs to user 12345");
    }

    @Test
    void saysWhereItMayNotWrite() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused(file, "not a directory");
        assertRefused(file.resolve("below"), file.toString());
        assumeTrue(Posix.effectiveUser() != 0, "root may write everywhere: run the tests as another user, too");
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-x------")));
        assertRefused(closed, "no permission");
    }

    @Test
    void usesAReadOnlyCacheThatHoldsTheLibrary() throws IOException {
        Path file = LibraryCache.unpack(library, cache);
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("r-x------"));
        assertThat(LibraryCache.unpack(library, cache)).isEqualTo(file);
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void refusesABundleThatDoesNotMatchItsHash() {
        BundledLibrary lying = new BundledLibrary(
                library.resource(),
                library.name(),
                library.sha256().replace(library.sha256().charAt(0), 'x'));
        assertThatThrownBy(() -> LibraryCache.unpack(lying, cache))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void saysWhatStandsInTheWayOfTheDirectory() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertRefused(file.resolve("below"), "Not a directory");
    }

    @Test
    void removesWhatNobodyUsesAnyMore() throws IOException {
        Path file = LibraryCache.unpack(library, cache);
        String suffix = library.name().substring(library.name().lastIndexOf('.'));
        Path old = aged(Files.writeString(cache.resolve("libtramontane-0123456789abcdef" + suffix), "old"), 91);
        Path recent = aged(Files.writeString(cache.resolve("libtramontane-1123456789abcdef" + suffix), "recent"), 89);
        Path killed = aged(Files.writeString(cache.resolve("unpacking-1.tmp"), "half"), 2);
        Path unpacking = Files.writeString(cache.resolve("unpacking-2.tmp"), "half");
        Path foreign = aged(Files.writeString(cache.resolve("notes.txt"), "mine"), 1000);
        LibraryCache.unpack(library, cache);
        assertThat(old).as("nothing is looked for while nothing is unpacked").exists();
        Files.delete(file);
        LibraryCache.unpack(library, cache);
        assertThat(file).exists();
        assertThat(List.of(recent, unpacking, foreign)).allMatch(Files::exists);
        assertThat(List.of(old, killed)).noneMatch(Files::exists);
    }

    @Test
    void aLibraryInUseCountsAsUsed() throws IOException {
        Path file = aged(LibraryCache.unpack(library, cache), 89);
        LibraryCache.unpack(library, cache);
        assertThat(Files.getLastModifiedTime(file).toInstant())
                .isAfter(Instant.now().minus(Duration.ofHours(1)));
    }

    /** A process that may write no more than 32 KiB into a file, which the library is far beyond. */
    @Test
    void saysThatThereIsNoRoomAndLeavesNothing() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "ulimit -f 64 && exec \"$@\"",
                        "sh",
                        java,
                        "-XX:-UsePerfData",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KernelLibraryTest.Loader.class.getName(),
                        cache.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(3);
        assertThat(output).contains("cannot unpack the kernel library into " + cache + ": ", "make room there");
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files).isEmpty();
        }
    }

    private static Path aged(Path file, int days) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(days))));
    }

    private void assertRefused(Path at, String why) {
        assertThatThrownBy(() -> LibraryCache.unpack(library, at))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining(why);
    }

    private void assertNoLeftovers() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files.map(file -> file.getFileName().toString().toLowerCase(Locale.ROOT)))
                    .singleElement()
                    .asString()
                    .startsWith("libtramontane-");
        }
    }

    private static byte[] flipped(byte[] bytes) {
        byte[] copy = bytes.clone();
        copy[copy.length / 2] ^= 1;
        return copy;
    }
}
