package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.Fetched;
import dev.tramontane.fixtures.Needed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code ./tramontane dist} and {@code image} pack of the jar that is built: run, looked through, packed again. */
@Tag("slow")
class ReleaseIT {
    /** In the environment of what packs, and nowhere in what is packed. */
    private static final String SECRET = "tm-secret-5f0c61a94be7";

    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "busybox", "env", "perl", "python3");

    @TempDir
    static Path folder;

    private static Path archive = Path.of("");
    private static UnpackedImage image;
    private static Path first = Path.of("");
    private static Path second = Path.of("");

    /** The image twice at the same time: apart in place, permissions, time zone and language. */
    @BeforeAll
    static void pack() throws Exception {
        Needed.program(Files.isExecutable(Path.of("/usr/bin/dpkg-query")), "dpkg");
        Path model = Fetched.smolLm2();
        Map<String, String> here = Map.of("API_TOKEN", SECRET);
        Map<String, String> elsewhere = Map.of("TZ", "Asia/Kathmandu", "LC_ALL", "C", "HOME", "/nonexistent");
        Path a = Files.createDirectories(folder.resolve("a"));
        Path b = Files.createDirectories(folder.resolve("b"));
        Process one = Packing.start(folder.resolve("a.log"), "022", here, words(model, a));
        Process two = Packing.start(folder.resolve("b.log"), "077", elsewhere, words(model, b));
        Packing.await(one, folder.resolve("a.log"));
        Packing.await(two, folder.resolve("b.log"));
        first = Packing.only(a, ".tar");
        second = Packing.only(b, ".tar");
        image = new UnpackedImage(first, Files.createDirectories(folder.resolve("image")));
        Packing.await(
                Packing.start(folder.resolve("dist.log"), "077", here, "dist", "--output", folder.toString()),
                folder.resolve("dist.log"));
        archive = Packing.only(folder, ".tar.gz");
    }

    private static String[] words(Path model, Path output) {
        Stream<String> words = Stream.of("image", "--with-model=" + model, "--output", output.toString());
        return (Packing.withCuda() ? Stream.concat(words, Stream.of("--cuda")) : words).toArray(String[]::new);
    }

    @Test
    void theSameFilesGiveTheSameImage() throws Exception {
        assertThat(Files.mismatch(first, second)).isEqualTo(-1);
    }

    @Test
    void theImageAnswersWithNothingToWriteTo() throws Exception {
        List<String> variables = List.of("TRAMONTANE_HOST=127.0.0.1", "TRAMONTANE_PORT=0", "TRAMONTANE_MAX_BATCH=2");
        try (StartedService service = StartedService.of(image.inReadOnlyRoot(variables), folder.resolve("image.log"))) {
            service.answers();
            Path process = Path.of("/proc", Long.toString(service.pid()));
            assertThat(Files.readString(process.resolve("mountinfo")))
                    .containsPattern("(?m)^\\d+ \\d+ \\S+ \\S+ / ro\\b");
            assertThat(Files.readString(process.resolve("status"))).doesNotContainPattern("(?m)^Uid:\\s0\\b");
        }
    }

    /** As it is, it listens beyond its container; that takes keys, or a word that nobody needs one. */
    @Test
    void theImageIsOpenToNobodyByAccident() throws Exception {
        Path log = folder.resolve("open.log");
        Process process = image.inReadOnlyRoot(List.of("TRAMONTANE_PORT=0"))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
        assertThat(Files.readString(log)).contains("--api-keys");
    }

    /** In an empty folder, with an empty environment, through a link from another place. */
    @Test
    void theArchiveStartsWithNothing() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("an empty folder"));
        Packing.output(empty, "tar", "-xzf", archive.toString());
        Path program;
        try (Stream<Path> files = Files.list(empty)) {
            program = files.toList().getFirst().resolve("tramontane");
        }
        Path link = Files.createSymbolicLink(empty.resolve("link"), empty.relativize(program));
        ProcessBuilder builder = new ProcessBuilder(
                        link.toString(),
                        "serve",
                        "--port",
                        "0",
                        "--max-batch",
                        "2",
                        "--model",
                        Fetched.smolLm2().toString())
                .directory(empty.toFile());
        builder.environment().clear();
        try (StartedService service = StartedService.of(builder, folder.resolve("archive.log"))) {
            service.answers();
        }
        assertThat(Files.exists(program.resolveSibling("licences/Apache-2.0.txt")))
                .isTrue();
    }

    @Test
    void nothingInItIsAShellOrAnyonesToWrite() throws Exception {
        for (Path layer : image.layers) {
            String listing = Packing.output(folder, "tar", "--numeric-owner", "-tvf", layer.toString());
            assertThat(listing.lines()).isNotEmpty().allSatisfy(line -> {
                assertThat(line).contains(" 0/0 ");
                String name = line.replaceFirst(" -> .*", "").replaceFirst(".*/(?=[^/])", "");
                assertThat(SHELLS).doesNotContain(name);
                assertThat(line.substring(0, 10)).doesNotContain("s", "S");
                if (!line.startsWith("l") && !line.endsWith(" ./tmp/")) {
                    assertThat(line.charAt(8)).as(line).isEqualTo('-');
                }
            });
        }
    }

    @Test
    void itIsConfiguredAsManifestsTakeItToBe() {
        JsonNode config = image.config.path("config");
        assertThat(config.path("User").asString()).matches("[1-9]\\d*:[1-9]\\d*");
        assertThat(config.path("StopSignal").asString()).isEqualTo("SIGTERM");
        assertThat(config.path("ExposedPorts").has("8080/tcp")).isTrue();
        assertThat(image.words("Entrypoint").getFirst()).endsWith("/bin/java");
        assertThat(image.root.resolve("opt/tramontane/jvm.flags"))
                .hasSameTextualContentAs(Packing.root().resolve("packaging/jvm.flags"));
        assertThat(image.manifest
                        .path("annotations")
                        .path("org.opencontainers.image.title")
                        .asString())
                .isEqualTo("tramontane-" + (Packing.withCuda() ? "cuda" : "cpu"));
    }

    /** The Dockerfile of this variant, line by line: what it copies is there, what it declares is what the image has. */
    @Test
    void theDockerfileMakesTheSame() throws Exception {
        String variant = Packing.withCuda() ? "cuda" : "cpu";
        Dockerfile dockerfile = Dockerfile.of(variant);
        assertThat(dockerfile.words("ENV"))
                .isEqualTo(image.words("Env").stream()
                        .filter(word -> !word.startsWith("TRAMONTANE_MODEL="))
                        .toList());
        JsonNode config = image.config.path("config");
        assertThat(dockerfile.words("USER")).containsExactly(config.path("User").asString());
        assertThat(dockerfile.words("EXPOSE"))
                .containsExactlyElementsOf(config.path("ExposedPorts").propertyNames());
        assertThat(dockerfile.words("STOPSIGNAL"))
                .containsExactly(config.path("StopSignal").asString());
        assertThat(dockerfile.words("WORKDIR"))
                .containsExactly(config.path("WorkingDir").asString());
        assertThat(dockerfile.words("ENTRYPOINT"))
                .containsExactly(config.path("Entrypoint").toString());
        assertThat(dockerfile.words("CMD")).containsExactly(config.path("Cmd").toString());
        Path layers = first.resolveSibling("tramontane-" + variant + ".work").resolve("layers");
        assertThat(dockerfile.words("COPY"))
                .allSatisfy(copy -> assertThat(layers.resolve(copy.replaceFirst(
                                "^--from=build /tramontane/target/packaging/tramontane-" + variant
                                        + ".work/layers/(\\w+)/ /$",
                                "$1")))
                        .isNotEmptyDirectory())
                .hasSize(image.layers.size() - 1); // all but the model's
    }

    @Test
    void theListOfWhatIsInsideNamesEveryJarAndMore() throws Exception {
        Path home = image.root.resolve("opt/tramontane");
        JsonNode bom = new JsonMapper().readTree(Files.readString(home.resolve("sbom.cdx.json")));
        assertThat(bom.path("bomFormat").asString()).isEqualTo("CycloneDX");
        Set<String> listed = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        for (JsonNode component : bom.path("components")) {
            assertThat(component.path("licenses")).as(component.toString()).isNotEmpty();
            String purl = component.path("purl").asString();
            if (purl.startsWith("pkg:maven/")) {
                listed.add(component.path("name").asString() + "-"
                        + component.path("version").asString() + ".jar");
                for (JsonNode licence : component.path("licenses")) {
                    String text = licence.path("license").path("id").asString() + ".txt";
                    assertThat(home.resolve("licences").resolve(text)).isNotEmptyFile();
                }
            } else {
                others.add(purl.replaceFirst("@.*", ""));
            }
        }
        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            assertThat(jars.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(".jar")))
                    .containsExactlyInAnyOrderElementsOf(listed);
        }
        assertThat(others)
                .contains("pkg:generic/openjdk", "pkg:generic/gcc", "pkg:deb/debian/libc6", "pkg:npm/markdown-it")
                .anyMatch(purl -> purl.startsWith("pkg:generic/SmolLM2"));
        assertThat(image.root.resolve("usr/share/doc/libc6/copyright")).isNotEmptyFile();
        assertThat(home.resolve("licences/markdown-it.txt")).isNotEmptyFile();
        assertThat(home.resolve("runtime/legal/java.base/LICENSE")).isNotEmptyFile();
    }

    /** Neither what the environment held, nor where it was made. */
    @Test
    void nothingOfTheMachineIsInIt() throws Exception {
        Path patterns = folder.resolve("patterns");
        Files.writeString(patterns, SECRET + "\n" + Packing.root() + "\n" + folder + "\n");
        Path dist = Files.createDirectories(folder.resolve("looked through"));
        Packing.output(dist, "tar", "-xzf", archive.toString());
        for (Path searched : List.of(image.root.resolve("opt"), image.root.resolve("etc"), image.oci, dist)) {
            assertThat(Packing.output(
                            folder,
                            "sh",
                            "-c",
                            "grep -rlaF -f \"$0\" \"$1\" || [ $? = 1 ]",
                            patterns.toString(),
                            searched.toString()))
                    .isEmpty();
        }
    }
}
