package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Zip files: sound ones of several programs, and those that would write elsewhere, never end, or are none. */
class ZipUnpackingTest {
    private static final byte[] WORDS = "words".getBytes(StandardCharsets.UTF_8);
    private static final byte[] CONFIG = "{}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] LARGE = Pulled.bytes(600_000, 8);

    @TempDir
    Path folder;

    private Map<String, byte[]> read(byte[] zip) throws IOException {
        Path file = Files.write(folder.resolve("x.zip"), zip);
        return read(file);
    }

    private static Unpacked unpacked(FileChannel zip, Path into) throws IOException {
        try (ZipScratch scratch = new ZipScratch(into)) {
            scratch.open("0".repeat(64));
            return new ZipUnpacking(zip, "x.zip").into(scratch, List.of(), done -> {});
        }
    }

    private Map<String, byte[]> read(Path file) throws IOException {
        Path into = folder.resolve("into");
        Folders.remove(into);
        Files.createDirectory(into);
        try (FileChannel channel = FileChannel.open(file)) {
            Unpacked unpacked = unpacked(channel, into);
            Map<String, byte[]> files = new LinkedHashMap<>();
            for (int i = 0; i < unpacked.files().size(); i++) {
                byte[] bytes = Files.readAllBytes(Unpacked.member(into, i));
                StoredModel.StoredFile said = unpacked.files().get(i);
                assertThat(SafePath.isSafe(said.path())).isTrue();
                assertThat(said).isEqualTo(new StoredModel.StoredFile(said.path(), bytes.length, Digest.sha256(bytes)));
                files.put(said.path(), bytes);
            }
            return files;
        }
    }

    private void requireModel(Map<String, byte[]> files) {
        assertThat(files).containsOnlyKeys("params.json", "consolidated.safetensors", "\u00fcber.txt");
        assertThat(files.get("params.json")).isEqualTo(CONFIG);
        assertThat(files.get("consolidated.safetensors")).isEqualTo(LARGE);
        assertThat(files.get("\u00fcber.txt")).isEmpty();
    }

    /** Stored and deflated, with sizes before and behind, in ZIP64 and not. */
    @Test
    void filesOfEveryForm() throws IOException {
        byte[] flat = new byte[3_000_000];
        requireModel(read(new ZipBytes()
                .directory("m/")
                .member("m/params.json", CONFIG, true, member -> member.flags = 8)
                .file("m/consolidated.safetensors", LARGE)
                .member("m/\u00fcber.txt", new byte[0], false, member -> member.flags = 8)
                .comment("of somebody")
                .whole()));
        requireModel(read(new ZipBytes()
                .member("params.json", CONFIG, true, member -> member.zip64 = true)
                .member("consolidated.safetensors", LARGE, true, member -> member.zip64 = true)
                .member("\u00fcber.txt", new byte[0], true, member -> {})
                .zip64()
                .whole()));
        assertThat(read(new ZipBytes()
                                .file("config.json", CONFIG)
                                .member("flat", flat, true, member -> {})
                                .whole())
                        .get("flat"))
                .isEqualTo(flat);
    }

    /** Finder's archives have the attributes of files in files of their own. */
    @Test
    void whatMacOsPutsBesideIsNoModel() {
        String sum = Digest.sha256(WORDS);
        List<StoredModel.StoredFile> files = Stream.of("m/x.gguf", "__MACOSX/._m", "__MACOSX/m/._x.gguf", "m/._x.gguf")
                .map(path -> new StoredModel.StoredFile(path, WORDS.length, sum))
                .toList();
        Unpacked unpacked = Unpacked.of(files, "it");
        assertThat(unpacked.entry()).isEqualTo("x.gguf");
        assertThat(unpacked.files())
                .extracting(StoredModel.StoredFile::path)
                .containsExactly("x.gguf", "__MACOSX/._m", "__MACOSX/m/._x.gguf", "._x.gguf");
        assertThatThrownBy(() -> Unpacked.of(files.subList(1, 4), "it")).hasMessageContaining("holds no model");
    }

    @Test
    void whatTheJdkWritesIsRead() throws IOException {
        Path streamed = folder.resolve("streamed.zip");
        try (OutputStream file = Files.newOutputStream(streamed);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.putNextEntry(new ZipEntry("top/"));
            for (Map.Entry<String, byte[]> each : model().entrySet()) {
                zip.putNextEntry(new ZipEntry("top/" + each.getKey()));
                zip.write(each.getValue());
            }
        }
        requireModel(read(streamed));
        Path other = folder.resolve("other.zip");
        try (FileSystem zip = FileSystems.newFileSystem(
                URI.create("jar:" + other.toUri()),
                Map.of("create", "true", "forceZIP64End", "true", "enablePosixFileAttributes", "true"))) {
            for (Map.Entry<String, byte[]> each : model().entrySet()) {
                Files.write(zip.getPath(each.getKey()), each.getValue());
            }
        }
        requireModel(read(other));
    }

    private static Map<String, byte[]> model() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("params.json", CONFIG);
        files.put("consolidated.safetensors", LARGE);
        files.put("\u00fcber.txt", new byte[0]);
        return files;
    }

    private static byte[] one(String name, ZipBytes.Change change) {
        return new ZipBytes()
                .file("config.json", CONFIG)
                .member(name, WORDS, true, change)
                .whole();
    }

    static Stream<Arguments> refused() {
        byte[] sound = one("x", member -> {});
        return Stream.of(
                row("up", one("../x", member -> {}), "whose path leads elsewhere than down"),
                row("up inside", one("a/../../x", member -> {}), "leads elsewhere"),
                row("absolute", one("/etc/passwd", member -> {}), "\"/etc/passwd\", whose path"),
                row("backslashes", one("a\\..\\b", member -> {}), "leads elsewhere"),
                row("a drive", one("C:x", member -> {}), "leads elsewhere"),
                row("a line feed", one("a\nb", member -> {}), "a\\u000ab"),
                row("no name", one("", member -> {}), "leads elsewhere"),
                row("a directory up", one("../", member -> member.bytes = 0), "leads elsewhere"),
                row("twice", one("config.json", member -> {}), "has \"config.json\" twice"),
                row("twice in another way", one("./config.json", member -> {}), "\"./config.json\" twice"),
                row("twice but for cases", one("Config.JSON", member -> {}), "one file on disks that know no cases"),
                row("a file and a directory", one("config.json/x", member -> {}), "a file and a directory"),
                row(
                        "a directory and a file",
                        new ZipBytes().file("x/y", WORDS).file("X", WORDS).whole(),
                        "where a file and a directory have one name"),
                row("a link", one("x", member -> member.mode = 0xa1ff), "a symbolic link in it, \"x\", is not"),
                row("a device", one("x", member -> member.mode = 0x61ff), "something that is no file in it"),
                row("a directory that is a file", one("x/", member -> member.mode = 0x81ff), "is no file"),
                row("a full directory", one("x/", member -> {}), "with bytes of its own"),
                row("encrypted", one("x", member -> member.flags = 1), "\"x\", which is encrypted"),
                row("another method", one("x", member -> member.method = 93), "packed by method 93"),
                row("a wrong sum", one("x", member -> member.crc ^= 1), "is damaged: \"x\" is not what"),
                row("more than it says", one("x", member -> member.bytes = 4), "has more in \"x\" than it says"),
                row("less than it says", one("x", member -> member.bytes = 6), "is damaged: \"x\""),
                row(
                        "more packed than it says",
                        one("x", member -> member.packed(new byte[100]).packedBytes = 100),
                        "is damaged: \"x\""),
                row("a stream that goes on", one("x", member -> member.packedBytes--), "is damaged: \"x\""),
                row(
                        "stored and of two lengths",
                        new ZipBytes()
                                .member("x", WORDS, false, member -> member.bytes = 6)
                                .whole(),
                        "of a length or at a place"),
                row("behind the end", one("x", member -> member.header = 1 << 30), "at a place that cannot be"),
                row("longer than all", one("x", member -> member.packedBytes = 1 << 30), "at a place that cannot be"),
                row("no header at its place", one("x", member -> member.header = 1), "says other things of \"x\""),
                row("another name at its place", one("x", member -> member.atItsPlace = "y"), "other things of \"x\""),
                row("another's place", one("x", member -> member.header = 0), "says other things of \"x\""),
                row(
                        "shared bytes",
                        new ZipBytes()
                                .member("x", new byte[2000], false, member -> member.packed(nested()))
                                .member("y", WORDS, false, member -> member.header = 31)
                                .whole(),
                        "bytes that belong to several members, \"y\" among them"),
                row(
                        "a bomb",
                        one("x", member -> member.bytes = 1L << 31),
                        "would be 2147483650 bytes unpacked, which is more than 16 times its own length"),
                row("a bomb of many parts", parts(), "of a length or at a place that cannot be"),
                row("of several", new ZipBytes().file("x", WORDS).disk(1).whole(), "is a part of several"),
                row("fewer members", new ZipBytes().file("x", WORDS).entries(0).whole(), "longer than its members"),
                row("more members", new ZipBytes().file("x", WORDS).entries(2).whole(), "not as it must be"),
                row("very many", new ZipBytes().file("x", WORDS).entries(40_000).whole(), "more than 10000 members"),
                row("all ones", new ZipBytes().file("x", WORDS).entries(0xffff).whole(), "not as it must be"),
                row("nothing", new byte[0], "ends too early, or is none"),
                row("no zip", LARGE, "is none"),
                row("cut", Arrays.copyOf(sound, sound.length - 1), "is none"),
                row("a tail", new ZipBytes().raw(sound).raw(WORDS).cut(), "is none"),
                row("a head", new ZipBytes().raw(WORDS).raw(sound).cut(), "not as it must be"),
                row("no model", new ZipBytes().file("x.txt", WORDS).whole(), "holds no model"));
    }

    /** So many of such a length that their sum is no positive number. */
    private static byte[] parts() {
        ZipBytes zip = new ZipBytes().file("config.json", CONFIG);
        for (int i = 0; i < 8192; i++) {
            zip.member("x" + i, WORDS, true, member -> {
                member.bytes = 1L << 50;
                member.zip64 = true;
            });
        }
        return zip.whole();
    }

    /** Another member's header and bytes inside of one's own. */
    private static byte[] nested() {
        byte[] inner = new ZipBytes().file("y", WORDS).whole();
        return Arrays.copyOf(inner, 2000);
    }

    private static Arguments row(String what, byte[] zip, String words) {
        return Arguments.of(what, zip, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String what, byte[] zip, String words) {
        assertThatThrownBy(() -> read(zip))
                .isInstanceOf(HubException.class)
                .hasMessageStartingWith("the zip file x.zip ")
                .hasMessageContaining(words);
    }

    /** What is said of a name is one sign of no character. */
    @Test
    void aNameIsUtf8() {
        byte[] zip = one("\u00fc", member -> {});
        for (int i = 0; i + 1 < zip.length; i++) {
            if (zip[i] == (byte) 0xc3 && zip[i + 1] == (byte) 0xbc) {
                zip[i + 1] = 'x';
            }
        }
        assertThatThrownBy(() -> read(zip)).hasMessageContaining("a name that is no UTF-8");
    }

    @Test
    void anythingIsReadOrRefused() {
        byte[] plain = new ZipBytes()
                .directory("d/")
                .file("d/config.json", CONFIG)
                .member("d/x", WORDS, true, member -> member.flags = 8)
                .whole();
        byte[] large = new ZipBytes()
                .member("config.json", CONFIG, true, member -> member.zip64 = true)
                .zip64()
                .whole();
        new Mutations(
                        List.of(plain, large),
                        List.of(
                                "../".getBytes(StandardCharsets.UTF_8),
                                "/".getBytes(StandardCharsets.UTF_8),
                                new byte[] {-1, -1, -1, -1},
                                new byte[] {'P', 'K', 5, 6},
                                new byte[] {'P', 'K', 6, 7},
                                new byte[] {'P', 'K', 1, 2},
                                new byte[16]),
                        HubException.class)
                .run(1_000, this::read);
    }
}
