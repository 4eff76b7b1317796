package dev.tramontane.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.Needed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the Dockerfiles' first stages say, and the images' names; the second stages are held against an image by ReleaseIT. */
class DockerfilesTest {
    private static final Pattern INSTALL =
            Pattern.compile("RUN apt-get update && apt-get install -y --no-install-recommends (.*)");

    @TempDir
    Path folder;

    private static List<String> packages(String variant) throws IOException {
        Matcher matcher =
                INSTALL.matcher(String.join("\n", Dockerfile.of(variant).build()));
        assertThat(matcher.find()).isTrue();
        return List.of(matcher.group(1).split(" "));
    }

    /** As the launcher says on a bare Debian, and for CUDA what .ci/cuda needs to fetch a compiler. */
    @Test
    void theyInstallWhatTheLauncherAsksFor() throws IOException {
        List<String> asked = List.of("openjdk-25-jdk-headless", "g++", "make", "cmake", "maven");
        assertThat(packages("cpu")).isEqualTo(asked);
        List<String> more = new ArrayList<>(asked);
        more.add("python3-venv");
        assertThat(packages("cuda")).isEqualTo(more);
        assertThat(Documents.text("tramontane")).contains("\"debian jdk\") echo openjdk-25-jdk-headless");
    }

    @Test
    void theyBuildByTheLauncher() throws IOException {
        assertThat(Dockerfile.of("cpu").build()).first().asString().matches("FROM debian:\\d+-slim AS build");
        assertThat(Dockerfile.of("cpu").build()).endsWith("RUN ./tramontane image");
        assertThat(Dockerfile.of("cuda").build())
                .endsWith("RUN CUDA_HOME=$(.ci/cuda install | tail -n 1) ./tramontane image --cuda")
                .contains(Dockerfile.of("cpu").build().getFirst());
        assertThat(Dockerfile.of("cuda").image().stream()
                        .filter(line -> !line.matches("ENV (LD_LIBRARY_PATH|NVIDIA).*"))
                        .map(line -> line.replace("tramontane-cuda", "tramontane-cpu")))
                .isEqualTo(Dockerfile.of("cpu").image());
    }

    /** The tag in one place, and it is the project's version. */
    @Test
    void theNamesFollowTheVersion() throws IOException {
        Matcher version =
                Pattern.compile("(?m)^  <version>(.*?)(-SNAPSHOT)?</version>$").matcher(Documents.text("pom.xml"));
        assertThat(version.find()).isTrue();
        String names = Documents.text("packaging/images");
        assertThat(names.lines().filter(line -> !line.startsWith("#")))
                .containsExactly("cpu=tramontane-cpu:" + version.group(1), "cuda=tramontane-cuda:" + version.group(1));
        for (String variant : List.of("cpu", "cuda")) {
            assertThat(Files.readString(Packing.root().resolve("packaging/" + variant + ".Dockerfile")))
                    .contains("-t tramontane-" + variant + ":" + version.group(1) + " .");
        }
    }

    /** In the release of Debian that the Dockerfiles name, from the mirror that this machine uses. */
    @Test
    @Tag("slow")
    void everyPackageIsInTheArchive() throws Exception {
        Needed.program(Files.isExecutable(Path.of("/usr/bin/apt-get")), "apt");
        String mirror = Packing.output(
                        folder, "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
                .lines()
                .filter(uri -> uri.endsWith("/debian/") || uri.endsWith("/debian"))
                .findFirst()
                .orElse("");
        assumeTrue(!mirror.isEmpty(), "this system's packages are not Debian's, so the Dockerfiles' are not looked up");
        Path lists = Files.createDirectories(folder.resolve("lists/partial")).getParent();
        Path sources = folder.resolve("sources.list");
        String key = "/usr/share/keyrings/debian-archive-keyring.gpg";
        Files.writeString(sources, "deb [signed-by=" + key + "] " + mirror + " " + suite() + " main\n");
        List<String> apart = List.of(
                "-o",
                "Dir::Etc::SourceList=" + sources,
                "-o",
                "Dir::Etc::SourceParts=/dev/null",
                "-o",
                "Dir::State::Lists=" + lists,
                "-o",
                "Dir::Cache=" + folder,
                "-o",
                "Acquire::Languages=none",
                "-o",
                "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
                "-o",
                "APT::Sandbox::User=root");
        List<String> update = new ArrayList<>(List.of("apt-get", "update", "-qq", "--error-on=any"));
        update.addAll(apart);
        boolean reached = new ProcessBuilder(update).inheritIO().start().waitFor() == 0;
        assumeTrue(reached, "Debian's archive can't be reached, so the Dockerfiles' packages are not looked up");
        for (String name : packages("cuda")) {
            List<String> policy = new ArrayList<>(List.of("apt-cache", "policy", name));
            policy.addAll(apart);
            assertThat(Packing.output(folder, policy.toArray(String[]::new)))
                    .as(name)
                    .containsPattern("Candidate: \\d");
        }
    }

    /** The suite's name of the release that is pinned. */
    private static String suite() throws IOException {
        String from = Dockerfile.of("cpu").build().getFirst();
        assertThat(from).as("a new release needs its name here").startsWith("FROM debian:13-");
        return "trixie";
    }
}
