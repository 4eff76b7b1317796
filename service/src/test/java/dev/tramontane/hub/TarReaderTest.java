package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.Mutations;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tar files: sound ones of several programs, and those that would write elsewhere, never end, or are none. */
class TarReaderTest {
    private static final byte[] WORDS = "words".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private static Map<String, String> read(byte[] tar) throws IOException {
        TarReader reader = new TarReader(new ByteArrayInputStream(tar), "x.tar");
        Map<String, String> files = new LinkedHashMap<>();
        for (TarReader.Member member = reader.next(); member != null; member = reader.next()) {
            if (!member.directory()) {
                assertThat(SafePath.isSafe(member.path())).isTrue();
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                reader.copy(bytes);
                files.put(member.path(), bytes.toString(StandardCharsets.UTF_8));
            }
        }
        return files;
    }

    @Test
    void filesOfEveryForm() throws IOException {
        String deep = "d/".repeat(14) + "n".repeat(150);
        byte[] tar = new TarFile()
                .pax('g', "comment", "of all")
                .directory("./")
                .directory("model/")
                .file("./model/config.json", WORDS)
                .pax('x', "path", "model/\u00fcber.txt")
                .file("model/shortened", WORDS)
                .longName(deep)
                .file("cut", new byte[0])
                .member("old", '\0', "", WORDS)
                .whole();
        assertThat(read(tar))
                .containsExactly(
                        Map.entry("model/config.json", "words"),
                        Map.entry("model/\u00fcber.txt", "words"),
                        Map.entry(deep, ""),
                        Map.entry("old", "words"));
    }

    @Test
    void whatIsNotCopiedIsPassedOver() throws IOException {
        TarReader reader = new TarReader(
                new ByteArrayInputStream(
                        new TarFile().file("a", new byte[5000]).file("b", WORDS).whole()),
                "x.tar");
        assertThat(reader.next()).isEqualTo(new TarReader.Member("a", false, 5000));
        assertThat(reader.next()).isEqualTo(new TarReader.Member("b", false, 5));
        assertThat(reader.next()).isNull();
    }

    /** As tar itself writes them, in each of its formats. */
    @ParameterizedTest
    @ValueSource(strings = {"gnu", "pax", "ustar"})
    void whatTarWritesIsRead(String format) throws Exception {
        Path in = Files.createDirectories(folder.resolve("in/" + "long".repeat(20)));
        Files.writeString(in.resolve("params.json"), "{}");
        Files.write(in.resolve("consolidated.safetensors"), Pulled.bytes(100_000, 3));
        Path tar = folder.resolve("out.tar");
        Process process = new ProcessBuilder(
                        "tar",
                        "--format=" + format,
                        "-cf",
                        tar.toString(),
                        "-C",
                        folder.resolve("in").toString(),
                        ".")
                .inheritIO()
                .start();
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(read(Files.readAllBytes(tar)))
                .containsEntry("long".repeat(20) + "/params.json", "{}")
                .hasSize(2);
    }

    static Stream<Arguments> refused() {
        byte[] badSum = TarFile.header("x", '0', "", "00000000000");
        badSum[0] = 'y';
        byte[] noMagic = TarFile.header("x", '0', "", "00000000000");
        noMagic[257] = 'U';
        byte[] huge = TarFile.header("x", '0', "", "");
        huge[124] = (byte) 0xff;
        return Stream.of(
                row("up", new TarFile().file("../x", WORDS).whole(), "whose path leads elsewhere than down"),
                row("up inside", new TarFile().file("a/../../x", WORDS).whole(), "leads elsewhere"),
                row("absolute", new TarFile().file("/etc/passwd", WORDS).whole(), "\"/etc/passwd\", whose path"),
                row("a directory up", new TarFile().directory("../").whole(), "leads elsewhere"),
                row("backslashes", new TarFile().file("a\\..\\b", WORDS).whole(), "leads elsewhere"),
                row("a drive", new TarFile().file("C:x", WORDS).whole(), "leads elsewhere"),
                row("a line feed", new TarFile().file("a\nb", WORDS).whole(), "a\\u000ab"),
                row("no name", new TarFile().file("", WORDS).whole(), "leads elsewhere"),
                row(
                        "pax up",
                        new TarFile()
                                .pax('x', "path", "../../x")
                                .file("x", WORDS)
                                .whole(),
                        "leads elsewhere"),
                row(
                        "long name up",
                        new TarFile()
                                .longName("../".repeat(50))
                                .file("x", WORDS)
                                .whole(),
                        "leads"),
                row("no long name", new TarFile().longName("").file("x", WORDS).whole(), "without a name"),
                row("a link", new TarFile().link("x", '1', "y").whole(), "a link in it, \"x\", is not unpacked"),
                row("a symbolic link", new TarFile().link("x", '2', "/etc").whole(), "a symbolic link in it"),
                row("a device", new TarFile().link("x", '3', "").whole(), "a device in it"),
                row("a block device", new TarFile().link("x", '4', "").whole(), "a device in it"),
                row("a pipe", new TarFile().link("x", '6', "").whole(), "a pipe in it"),
                row("holes", new TarFile().link("x", 'S', "").whole(), "a file with holes in it"),
                row(
                        "holes of pax",
                        new TarFile()
                                .pax('x', "GNU.sparse.major", "1")
                                .file("x", WORDS)
                                .whole(),
                        "a file with holes in it"),
                row("an unknown kind", new TarFile().link("x", 'Z', "").whole(), "something that is no file in it"),
                row("twice", new TarFile().file("x", WORDS).file("./x", WORDS).whole(), "\"./x\" twice"),
                row(
                        "but for cases",
                        new TarFile().file("x", WORDS).file("X", WORDS).whole(),
                        "that know no cases"),
                row(
                        "a file and a directory",
                        new TarFile().file("x", WORDS).file("x/y", WORDS).whole(),
                        "one name"),
                row(
                        "a directory and a file",
                        new TarFile().directory("x/").file("x", WORDS).whole(),
                        "one name"),
                row(
                        "a full directory",
                        new TarFile().member("d/", '5', "", WORDS).whole(),
                        "bytes of its own"),
                row("a wrong sum", new TarFile().raw(badSum).whole(), "a header whose sum is wrong"),
                row("another format", new TarFile().raw(noMagic).whole(), "neither ustar's nor GNU's"),
                row(
                        "no octal",
                        new TarFile().raw(TarFile.header("x", '0', "", "9")).whole(),
                        "a number that is none"),
                row(
                        "more than any disk",
                        new TarFile().raw(TarFile.summed(huge)).whole(),
                        "more bytes than there are"),
                row("nothing", new byte[0], "ends too early"),
                row("no end", new TarFile().file("x", WORDS).cut(), "ends too early"),
                row(
                        "half a member",
                        new TarFile()
                                .raw(TarFile.header("x", '0', "", "00000010000"))
                                .cut(),
                        "ends too early"),
                row("half a header", new TarFile().raw(new byte[100]).cut(), "ends too early"),
                row("a tail", new TarFile().raw(new byte[1024]).raw(WORDS).cut(), "goes on behind its end"),
                row(
                        "a long pax record",
                        new TarFile().pax('x', "comment", "y".repeat(70_000)).whole(),
                        "more to say of a member"),
                row(
                        "a pax record without a length",
                        new TarFile().member("p", 'x', "", WORDS).whole(),
                        "a pax record without its length"),
                row(
                        "a pax record too long",
                        new TarFile()
                                .member("p", 'x', "", "99 path=x\n".getBytes(StandardCharsets.UTF_8))
                                .whole(),
                        "another length than it says"),
                row(
                        "a pax record without a value",
                        new TarFile()
                                .member("p", 'x', "", "9 path x\n".getBytes(StandardCharsets.UTF_8))
                                .whole(),
                        "a pax record without a value"),
                row(
                        "a pax size",
                        new TarFile().pax('x', "size", "-1").file("x", WORDS).whole(),
                        "no number"));
    }

    private static Arguments row(String what, byte[] tar, String words) {
        return Arguments.of(what, tar, words);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String what, byte[] tar, String words) {
        assertThatThrownBy(() -> read(tar))
                .isInstanceOf(HubException.class)
                .hasMessageStartingWith("the tar file x.tar ")
                .hasMessageContaining(words);
    }

    @Test
    void thousandsOfMembersAreRefused() {
        TarFile many = new TarFile();
        for (int i = 0; i < 10_001; i++) {
            many.file("f" + i, new byte[0]);
        }
        assertThatThrownBy(() -> read(many.whole())).hasMessageContaining("more than 10000 members");
    }

    @Test
    void anythingIsReadOrRefused() {
        byte[] plain = new TarFile().directory("d/").file("d/x", WORDS).whole();
        byte[] attributes = new TarFile()
                .pax('x', "path", "d/y")
                .file("y", WORDS)
                .longName("d/" + "z".repeat(120))
                .file("z", WORDS)
                .whole();
        new Mutations(
                        List.of(plain, attributes),
                        List.of(
                                "../".getBytes(StandardCharsets.UTF_8),
                                "/".getBytes(StandardCharsets.UTF_8),
                                TarFile.header("../x", '0', "", "00000000005"),
                                TarFile.header("x", '2', "/etc", "00000000000"),
                                TarFile.header("x", 'x', "", "77777777777"),
                                new byte[512]),
                        HubException.class)
                .run(3_000, TarReaderTest::read);
    }
}
