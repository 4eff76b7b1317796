package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.PullPlan.PlannedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tar files that come in several pulls, and zip files. */
class TarPullTest {
    private static final byte[] WEIGHTS = Pulled.bytes(5 * Pulled.SEGMENT + 7, 11);
    private static final byte[] CONFIG = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TAR = tar(WEIGHTS);

    @TempDir
    Path folder;

    private final HubServer server;

    /** Of which byte on it is asked for in vain. */
    private volatile int cut = Integer.MAX_VALUE;

    TarPullTest() throws IOException {
        server = new HubServer();
        serve(TAR, Map.of());
    }

    private static byte[] tar(byte[] weights) {
        return new TarFile()
                .directory("m/")
                .file("m/params.json", CONFIG)
                .longName("m/" + "n".repeat(140))
                .file("m/cut", new byte[0])
                .file("m/consolidated.safetensors", weights)
                .file("m/tokenizer.model.v3", CONFIG)
                .whole();
    }

    private void serve(byte[] bytes, Map<String, String> headers) {
        server.on("/m.tar", request -> {
            if (HubServer.from(request) >= cut) {
                return HubServer.reply(503, new byte[0]);
            }
            HubServer.Reply part = HubServer.part(request, bytes);
            for (Map.Entry<String, String> header : headers.entrySet()) {
                part = part.with(header.getKey(), header.getValue());
            }
            return part;
        });
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private Hub hub() {
        return new Hub(Pulled.config(folder.resolve("store"), Pulled.NOWHERE, Pulled.NOWHERE));
    }

    private String url() {
        return server.uri() + "/m.tar";
    }

    /** What a pull tells. */
    private static final class Heard implements PullListener {
        private final List<String> remarks = new ArrayList<>();
        private long missing = -1;
        private long checked;

        @Override
        public void planned(PullPlan plan, long bytes) {
            missing = bytes;
            remarks.addAll(plan.remarks());
        }

        @Override
        public void remark(String what) {
            remarks.add(what);
        }

        @Override
        public void checking(PlannedFile file, long done) {
            checked = done;
        }
    }

    private void cutAfter(int bytes, String name) {
        cut = bytes;
        assertThatThrownBy(() -> hub().pull(References.parse(name), PullListener.NONE))
                .isInstanceOf(HubException.class);
        cut = Integer.MAX_VALUE;
        assertThat(hub().list()).isEmpty();
    }

    private Heard pull(String name, byte[] weights) throws InterruptedException {
        Heard heard = new Heard();
        Path path = hub().pull(References.parse(name), heard).path();
        assertThat(path.resolve("params.json")).hasBinaryContent(CONFIG);
        assertThat(path.resolve("consolidated.safetensors")).hasBinaryContent(weights);
        assertThat(path.resolve("n".repeat(140))).isEmptyFile();
        assertThat(folder.resolve("store/partial")).isEmptyDirectory();
        return heard;
    }

    private List<Integer> askedSince(int before) {
        List<HubServer.Request> all = server.requests();
        return all.subList(before, all.size()).stream()
                .filter(request -> !"bytes=0-0".equals(request.header("range")))
                .map(HubServer::from)
                .toList();
    }

    private Path scratch() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("store/partial"))) {
            return all.findFirst().orElseThrow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void whatCameIsKept(int segments) throws Exception {
        cutAfter(segments * Pulled.SEGMENT, url());
        int before = server.requests().size();
        Heard heard = pull(url(), WEIGHTS);
        int noted = (segments - 1) * Pulled.SEGMENT; // The last one that came may not have been noted.
        assertThat(askedSince(before)).allMatch(from -> from >= noted);
        assertThat(heard.missing).isLessThanOrEqualTo(TAR.length - noted);
        assertThat(heard.checked).isGreaterThanOrEqualTo(noted);
        assertThat(heard.remarks).hasSize(1);
    }

    @Test
    void againAndAgain() throws Exception {
        String url = url() + "#sha256=" + Digest.sha256(TAR);
        cutAfter(2 * Pulled.SEGMENT, url);
        cutAfter(2 * Pulled.SEGMENT, url);
        cutAfter(4 * Pulled.SEGMENT, url);
        int before = server.requests().size();
        pull(url, WEIGHTS);
        assertThat(askedSince(before)).allMatch(from -> from >= 3 * Pulled.SEGMENT);
    }

    /** A signature that has run out is another one the next time. */
    @Test
    void anotherSignatureGoesOn() throws Exception {
        server.on(
                "/m.tar?s=1",
                request -> HubServer.from(request) >= 3 * Pulled.SEGMENT
                        ? HubServer.reply(403, new byte[0])
                        : HubServer.part(request, TAR));
        cutAfter(Integer.MAX_VALUE, url() + "?s=1");
        server.file("/m.tar?s=2", TAR);
        int before = server.requests().size();
        pull(url() + "?s=2", WEIGHTS);
        assertThat(askedSince(before)).isNotEmpty().allMatch(from -> from >= 2 * Pulled.SEGMENT);
    }

    /** A disk that says other things than before: a member, what stands between members, the note, or nothing of it. */
    @ParameterizedTest
    @ValueSource(strings = {"member-0", "member-2", "between", "gone", "short"})
    void whatIsDamagedComesAgain(String what) throws Exception {
        cutAfter(4 * Pulled.SEGMENT, url());
        Path file = scratch()
                .resolve(
                        switch (what) {
                            case "gone" -> "member-2";
                            case "short" -> "between";
                            default -> what;
                        });
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 4;
        switch (what) {
            case "gone" -> Files.delete(file);
            case "short" -> Files.write(file, new byte[5]);
            default -> Files.write(file, bytes);
        }
        assertThat(pull(url(), WEIGHTS).remarks)
                .last()
                .asString()
                .isEqualTo("what had come of m.tar is not any more what it was: it is thrown away, and all of it comes"
                        + " again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"bytes\":5}", ""})
    void aNoteThatIsNoneBeginsAnew(String note) throws Exception {
        cutAfter(4 * Pulled.SEGMENT, url());
        Files.writeString(scratch().resolve("note.json"), note);
        pull(url(), WEIGHTS);
    }

    /** What was written after the last note counts for nothing, also where a member would be longer by it. */
    @Test
    void whatWasNotNotedIsWrittenOver() throws Exception {
        cutAfter(4 * Pulled.SEGMENT, url());
        Files.write(scratch().resolve("member-2"), new byte[300_000], StandardOpenOption.APPEND);
        Files.write(scratch().resolve("member-3"), WEIGHTS);
        Files.write(scratch().resolve("between"), WEIGHTS, StandardOpenOption.APPEND);
        Files.write(scratch().resolve("segments/at-0"), WEIGHTS);
        pull(url(), WEIGHTS);
    }

    @Test
    void anotherFileBeginsAnew() throws Exception {
        cutAfter(4 * Pulled.SEGMENT, url());
        byte[] other = Pulled.bytes(WEIGHTS.length, 12);
        serve(tar(other), Map.of());
        pull(url(), other);
        // Nobody says its sum, or by what it is known again.
        hub().remove(References.parse(url()));
        serve(TAR, Map.of("ETag", "W/\"1\""));
        cutAfter(4 * Pulled.SEGMENT, url());
        int before = server.requests().size();
        pull(url(), WEIGHTS);
        assertThat(askedSince(before)).contains(0, Pulled.SEGMENT);
    }

    @Test
    void aServerWithoutPartsIsSaid() throws Exception {
        server.on("/m.tar", request -> HubServer.reply(200, TAR));
        assertThat(pull(url(), WEIGHTS).remarks)
                .last()
                .asString()
                .contains("gives no parts of files: what is cut off begins anew");
    }

    /** All of it is read for its sum, and what was kept with it goes when that is wrong. */
    @Test
    void theWholeSumIsCheckedAfterAPartToo() throws Exception {
        String url = url() + "#sha256=" + "1".repeat(64);
        cutAfter(4 * Pulled.SEGMENT, url);
        assertThatThrownBy(() -> hub().pull(References.parse(url), PullListener.NONE))
                .hasMessageContaining("SHA-256 is " + Digest.sha256(TAR));
        assertThat(folder.resolve("store/partial")).isEmptyDirectory();
    }

    /** The memory for what stands before a member is bounded; what stands behind the last may be long. */
    @Test
    void whatStandsBetweenIsBounded() throws Exception {
        TarFile talkative = new TarFile();
        for (int i = 0; i < 30; i++) {
            talkative.pax('g', "comment", "c".repeat(60_000));
        }
        serve(talkative.file("params.json", CONFIG).whole(), Map.of());
        assertThatThrownBy(() -> hub().pull(References.parse(url()), PullListener.NONE))
                .hasMessage("the tar file m.tar has more to say of a member than is read");
        serve(new TarFile().file("params.json", CONFIG).raw(new byte[3 << 20]).whole(), Map.of());
        assertThat(hub().pull(References.parse(url()), PullListener.NONE).files())
                .hasSize(1);
    }

    private static byte[] zip() {
        return new ZipBytes()
                .file("m/params.json", CONFIG)
                .member("m/consolidated.safetensors", WEIGHTS, true, member -> member.flags = 8)
                .member("m/" + "n".repeat(140), new byte[0], false, member -> {})
                .file("m/tokenizer.model.v3", new byte[1])
                .whole();
    }

    @Test
    void aZipComesInSegmentsAndIsUnpacked() throws Exception {
        byte[] zip = zip();
        server.on(
                "/m.zip",
                request -> HubServer.from(request) >= cut
                        ? HubServer.reply(503, new byte[0])
                        : HubServer.part(request, zip));
        String url = server.uri() + "/m.zip#sha256=" + Digest.sha256(zip);
        cutAfter(5 * Pulled.SEGMENT, url); // Which is asked for when three have come.
        int before = server.requests().size();
        assertThat(pull(url, WEIGHTS).missing).isLessThanOrEqualTo(zip.length - 3 * Pulled.SEGMENT);
        assertThat(askedSince(before)).hasSizeLessThanOrEqualTo(3);
        Heard again = pull(url, WEIGHTS);
        assertThat(again.missing).isEqualTo(-1); // It can be no other.
    }

    @Test
    void aZipThatIsAnotherOrClimbsLeavesNothing() throws Exception {
        server.file("/m.zip", zip());
        server.file(
                "/up.zip",
                new ZipBytes().file("config.json", CONFIG).file("../x", CONFIG).whole());
        assertThatThrownBy(() -> hub().pull(
                                References.parse(server.uri() + "/m.zip#sha256=" + "0".repeat(64)), PullListener.NONE))
                .hasMessageContaining("SHA-256 is " + Digest.sha256(zip()));
        assertThatThrownBy(() -> hub().pull(References.parse(server.uri() + "/up.zip"), PullListener.NONE))
                .hasMessage("the zip file up.zip has a member \"../x\", whose path leads elsewhere than down");
        assertThat(hub().list()).isEmpty();
        assertThat(folder.resolve("store/partial")).isEmptyDirectory();
        assertThat(folder.resolve("store/blobs")).isEmptyDirectory();
    }

    /** What a process that was killed had unpacked takes no room from the next one. */
    @ParameterizedTest
    @ValueSource(strings = {"zip", "tar"})
    void whatIsLeftOfAnArchiveIsInNobodysWay(String kind) throws Exception {
        byte[] archive = kind.equals("zip") ? zip() : TAR;
        server.file("/m." + kind, archive);
        String sum = Digest.sha256(archive);
        Path left = folder.resolve("store/partial/sha256-" + sum + "." + kind);
        Files.createDirectories(left);
        Files.write(left.resolve("member-0"), CONFIG);
        Hub full = new Hub(Pulled.config(
                folder.resolve("store"),
                Pulled.NOWHERE,
                Pulled.NOWHERE,
                Optional.empty(),
                path -> Files.exists(left.resolve("member-0")) ? 0 : Long.MAX_VALUE,
                Duration.ofMinutes(2)));
        String url = server.uri() + "/m." + kind + "#sha256=" + sum;
        assertThat(full.pull(References.parse(url), PullListener.NONE).path().resolve("params.json"))
                .hasBinaryContent(CONFIG);
        assertThat(left).doesNotExist();
    }

    /** It is heard only when the zip is there how much it holds; then it stays until there is room. */
    @Test
    void aZipWaitsForRoom() throws Exception {
        byte[] flat = new ZipBytes()
                .file("config.json", CONFIG)
                .member("x", new byte[8 << 20], true, member -> {})
                .whole();
        server.file("/m.zip", flat);
        Hub small = new Hub(Pulled.config(
                folder.resolve("store"),
                Pulled.NOWHERE,
                Pulled.NOWHERE,
                Optional.empty(),
                path -> (64L << 20) + 2L * flat.length,
                Duration.ofSeconds(20)));
        assertThatThrownBy(() -> small.pull(References.parse(server.uri() + "/m.zip"), PullListener.NONE))
                .hasMessageContaining("needs 76 MB more");
        int before = server.requests().size();
        assertThat(hub().pull(References.parse(server.uri() + "/m.zip"), PullListener.NONE)
                        .files())
                .hasSize(2);
        assertThat(askedSince(before)).isEmpty();
    }

    /** A server of a zip file, and the file's own name for it. */
    private String serveZip(byte[] zip) {
        server.file("/m.zip", zip);
        return server.uri() + "/m.zip#sha256=" + Digest.sha256(zip);
    }

    /** Ends a pull when so much of its zip file is unpacked, as a kill would. */
    private void endUnpacking(String url, int members) throws IOException {
        PullListener ends = new PullListener() {
            @Override
            public void checking(PlannedFile file, long done) {
                boolean unpacked =
                        IntStream.range(0, members).allMatch(i -> Files.exists(Unpacked.member(zipScratch(), i)));
                if (unpacked && Files.exists(Unpacked.member(zipScratch(), members))) {
                    throw new IllegalStateException("killed");
                }
            }
        };
        assertThatThrownBy(() -> hub().pull(References.parse(url), ends)).hasMessage("killed");
        assertThat(hub().list()).isEmpty();
    }

    private Path zipScratch() {
        return folder.resolve("store/partial/sha256-" + Digest.sha256(zip()) + ".zip");
    }

    private static long id(Path file) throws IOException {
        return (long) Files.getAttribute(file, "unix:ino");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whatIsUnpackedOfAZipStays(int members) throws Exception {
        String url = serveZip(zip());
        endUnpacking(url, members);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < members; i++) {
            Path member = Unpacked.member(zipScratch(), i);
            ids.add(id(member));
            Files.setLastModifiedTime(member, FileTime.fromMillis(1_000_000L + i));
        }
        Heard heard = pull(url, WEIGHTS);
        assertThat(heard.remarks).isEmpty();
        assertThat(heard.missing).isZero();
        List<Path> files = List.of(Path.of("params.json"), Path.of("consolidated.safetensors"));
        Path model = hub().find(References.parse(url)).orElseThrow().path();
        for (int i = 0; i < members; i++) {
            Path file = model.resolve(files.get(i)).toRealPath();
            assertThat(id(file)).isEqualTo(ids.get(i));
            assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1_000_000L + i);
        }
    }

    /** A disk that says other things than before: a member, or the note; and what of it is of another zip file. */
    @ParameterizedTest
    @ValueSource(strings = {"member-0", "short", "gone", "line", "other"})
    void whatIsDamagedOfAZipIsUnpackedAgain(String what) throws Exception {
        String url = serveZip(zip());
        endUnpacking(url, 2);
        Path member = Unpacked.member(zipScratch(), 0);
        Path note = zipScratch().resolve("note");
        switch (what) {
            case "gone" -> Files.delete(member);
            case "short" -> Files.write(member, new byte[3]);
            case "line" -> Files.writeString(note, "a".repeat(70), StandardOpenOption.APPEND);
            case "other" ->
                Files.writeString(note, "0".repeat(64) + Files.readString(note).substring(64));
            default -> Files.write(member, new byte[CONFIG.length]);
        }
        Heard heard = pull(url, WEIGHTS);
        if (what.equals("line") || what.equals("other")) {
            assertThat(heard.remarks).isEmpty();
        } else {
            assertThat(heard.remarks)
                    .containsExactly("what was unpacked of m.zip is not any more what it was: it is unpacked again");
        }
    }

    /** Room is asked for what is not there yet, and for no more. */
    @Test
    void whatIsUnpackedNeedsNoRoomTwice() throws Exception {
        String url = serveZip(zip());
        endUnpacking(url, 2);
        Hub small = new Hub(Pulled.config(
                folder.resolve("store"),
                Pulled.NOWHERE,
                Pulled.NOWHERE,
                Optional.empty(),
                path -> (64L << 20) + 2000,
                Duration.ofMinutes(2)));
        assertThat(small.pull(References.parse(url), PullListener.NONE).files()).hasSize(4);
    }

    /** As if it had been killed when the files were in their places, and the model was not. */
    @ParameterizedTest
    @CsvSource({"zip,none", "tar,none", "bin,none", "zip,half", "tar,half", "tar,damaged", "bin,damaged", "bin,other"})
    void whatIsInItsPlaceDoesNotComeAgain(String kind, String then) throws Exception {
        byte[] bytes = kind.equals("zip") ? zip() : kind.equals("tar") ? TAR : WEIGHTS;
        String path = "/m." + (kind.equals("bin") ? "gguf" : kind);
        server.file(path, bytes);
        Reference name = References.parse(server.uri() + path);
        Hub elsewhere = new Hub(Pulled.config(folder.resolve("elsewhere"), Pulled.NOWHERE, Pulled.NOWHERE));
        elsewhere.pull(name, PullListener.NONE);
        Path record = Folders.list(folder.resolve("elsewhere/models")).getFirst();
        Path models = Files.createDirectories(folder.resolve("store/models"));
        Path inTheWay = Files.createFile(models.resolve(record.getFileName()));
        assertThatThrownBy(() -> hub().pull(name, PullListener.NONE)).isInstanceOf(HubException.class);
        Files.delete(inTheWay);
        List<Path> blobs = Folders.list(folder.resolve("store/blobs"));
        assertThat(blobs).isNotEmpty();
        Path partial = folder.resolve("store/partial");
        Path weights = folder.resolve("store/blobs/sha256-" + Digest.sha256(WEIGHTS));
        switch (then) {
            case "half" -> {
                Path scratch = Folders.list(partial).stream()
                        .filter(Files::isDirectory)
                        .findFirst()
                        .orElseThrow();
                Files.move(weights, Unpacked.member(scratch, kind.equals("zip") ? 1 : 2));
            }
            case "damaged" -> Files.write(weights, new byte[WEIGHTS.length]);
            default -> {}
        }
        byte[] now = then.equals("other") ? Pulled.bytes(WEIGHTS.length, 77) : bytes;
        server.file(path, now);
        int before = server.requests().size();
        Path model = hub().pull(name, PullListener.NONE).path();
        assertThat(kind.equals("bin") ? model : model.resolve("consolidated.safetensors"))
                .hasBinaryContent(then.equals("other") ? now : WEIGHTS);
        if (then.equals("damaged") || then.equals("other")) {
            assertThat(askedSince(before)).isNotEmpty();
        } else {
            assertThat(askedSince(before)).isEmpty();
        }
        assertThat(partial).isEmptyDirectory();
    }

    /** An interrupt is no fault of the disk, and the next pull goes on. */
    @ParameterizedTest
    @ValueSource(strings = {"zip", "tar"})
    void anInterruptEndsIt(String kind) throws Exception {
        String url = kind.equals("zip") ? serveZip(zip()) : url();
        PullListener interrupts = new PullListener() {
            @Override
            public void at(PlannedFile file, long done) {
                if (kind.equals("tar") && done > 0) {
                    Thread.currentThread().interrupt();
                }
            }

            @Override
            public void checking(PlannedFile file, long done) {
                if (Files.exists(Unpacked.member(zipScratch(), 0))) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        assertThatThrownBy(() -> hub().pull(References.parse(url), interrupts))
                .isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        pull(url, WEIGHTS);
    }
}
