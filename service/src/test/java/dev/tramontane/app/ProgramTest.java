package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.kernels.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
    @TempDir
    Path dir;

    private static void isOneLine(Outcome outcome, int code, String line) {
        assertThat(outcome.err()).isEqualTo("tramontane: " + line + System.lineSeparator());
        assertThat(outcome.code()).isEqualTo(code);
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void withoutCommandShowsTheHelpAndFails() {
        Outcome outcome = new CapturedProgram().run();
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("Usage: tramontane", "doctor", "chat --model");
    }

    @Test
    void helpAndVersionGoToStandardOutput() {
        Outcome help = new CapturedProgram().run("doctor", "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("Usage: tramontane doctor", "--kernel-library", "Default:", "Example:");
        assertThat(help.err()).isEmpty();
        Outcome version = new CapturedProgram().run("--version");
        assertThat(version.code()).isZero();
        assertThat(version.out()).startsWith("tramontane ");
    }

    @Test
    void allCommandsAreInTheHelpAlsoTheLaunchers() {
        assertThat(new CapturedProgram().run("--help").out())
                .containsPattern("\\n +help +\\w")
                .containsPattern("\\n +test +\\w")
                .containsPattern("\\n +build +\\w")
                .containsPattern("\\n +loadtest +\\w");
        Outcome help = new CapturedProgram().run("help", "doctor");
        assertThat(help.code()).isZero();
        assertThat(help.out())
                .isEqualTo(new CapturedProgram().run("doctor", "--help").out());
        assertThat(new CapturedProgram().run("help").out())
                .isEqualTo(new CapturedProgram().run("--help").out());
        assertThat(new CapturedProgram().run("help", "test").out()).contains("./tramontane test --help");
        isOneLine(
                new CapturedProgram().run("test", "--quick"),
                2,
                "'test' needs the sources: run ./tramontane test in a checkout");
    }

    @Test
    void misspeltFlagsAreSuggestedRight() {
        isOneLine(
                new CapturedProgram().run("doctor", "--log-formt=json"),
                2,
                "Unknown option: '--log-formt=json'; did you mean --log-format? See 'tramontane doctor --help'.");
        isOneLine(
                new CapturedProgram().run("serve", "--prot", "8081"),
                2,
                "Unknown option: '--prot'; did you mean --port? See 'tramontane serve --help'.");
        isOneLine(
                new CapturedProgram().run("--hlep"),
                2,
                "Unknown option: '--hlep'; did you mean --help? See 'tramontane --help'.");
        isOneLine(
                new CapturedProgram().run("-v"), 2, "Unknown option: '-v'; did you mean -V? See 'tramontane --help'.");
        isOneLine(new CapturedProgram().run("-x"), 2, "Unknown option: '-x'. See 'tramontane --help'.");
    }

    @Test
    void argumentsThatNobodyTakesNameTheOptionForThem() {
        isOneLine(
                new CapturedProgram().run("chat", "model.gguf"),
                2,
                "'chat' takes no argument 'model.gguf'; a model goes behind --model. See 'tramontane chat --help'.");
        isOneLine(
                new CapturedProgram().run("top", "http://127.0.0.1:8080"),
                2,
                "'top' takes no argument 'http://127.0.0.1:8080'; an address goes behind --url. See 'tramontane top"
                        + " --help'.");
        isOneLine(
                new CapturedProgram().run("list", "all"),
                2,
                "'list' takes no argument 'all'. See 'tramontane list --help'.");
        isOneLine(
                new CapturedProgram().run("run"),
                2,
                "Missing required parameter: 'NAME'. See 'tramontane run --help'.");
    }

    @Test
    void unknownCommandsAreRefused() {
        String see = " See 'tramontane --help'.";
        isOneLine(new CapturedProgram().run("docter"), 2, "there is no command 'docter'; did you mean doctor?" + see);
        isOneLine(
                new CapturedProgram().run("version"),
                2,
                "there is no command 'version'; did you mean --version?" + see);
        isOneLine(
                new CapturedProgram().run("help", "srve"), 2, "there is no command 'srve'; did you mean serve?" + see);
        isOneLine(new CapturedProgram().run("finetune"), 2, "there is no command 'finetune'." + see);
    }

    @Test
    void wrongValuesNameTheirSource() throws IOException {
        isOneLine(
                new CapturedProgram().run("doctor", "--log-format", "xml"),
                2,
                "--log-format must be text or json, got xml");
        isOneLine(
                new CapturedProgram().with("TRAMONTANE_THREADS", "many").run("doctor"),
                2,
                "--threads (from TRAMONTANE_THREADS) must be 1 to 1024, got many");
        Path file = Files.writeString(dir.resolve("t.properties"), "kv = f8");
        isOneLine(
                new CapturedProgram().with("TRAMONTANE_CONFIG", file.toString()).run("doctor"),
                2,
                "--kv (from kv in " + file + ") must be f16, bf16, f32 or fp8, got f8");
        isOneLine(
                new CapturedProgram().run("doctor", "--config", dir + "/absent"),
                2,
                "--config: " + dir + "/absent does not exist");
    }

    @Test
    void misspeltVariablesAreMentioned() {
        Outcome outcome = new CapturedProgram()
                .with("TRAMONTANE_CACHE_MEMRY", "1GiB")
                .with("TRAMONTANE_SERVICE_HOST", "10.0.0.1")
                .with("TRAMONTANE_PORT_8080_TCP", "tcp://10.0.0.1:8080")
                .with("TRAMONTANE_JAVA_HOME", "/usr")
                .run("doctor");
        assertThat(outcome.err())
                .isEqualTo(
                        "tramontane: there is no setting for the environment variable TRAMONTANE_CACHE_MEMRY; did you"
                                + " mean TRAMONTANE_CACHE_MEMORY?" + System.lineSeparator());
    }

    @Test
    void doctorSaysWhatIsHere() {
        Outcome outcome = new CapturedProgram()
                .run("doctor", "--library-directory", dir.resolve("lib").toString());
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .containsPattern("Java +" + Runtime.version().feature() + "\\.")
                .containsPattern("Native access +allowed")
                .containsPattern(
                        "Kernel library +" + dir.resolve("lib") + "/libtramontane-[0-9a-f]{16}\\.so \\(bundled for")
                .containsPattern("CPU level +(portable|avx2|avx512)")
                .containsPattern("Backends +ref cpu")
                .containsPattern("Processors +\\d+ for this process")
                .containsPattern("GPU +\\S")
                .containsPattern("Memory +\\d");
    }

    @Test
    void doctorFailsWhereTheLibraryDoesNotLoad() throws IOException {
        Path fake = Files.writeString(dir.resolve("fake.so"), "not a library");
        Outcome outcome = new CapturedProgram().run("doctor", "--kernel-library", fake.toString());
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).containsPattern("Kernel library +cannot be used: .*fake\\.so");
    }

    @Test
    void everyGpuIsToldOfByItsNumberAndWhenItComputes() {
        Device old = new Device(0, "Tesla P4", "GPU-1", false, 8L << 30, OptionalLong.empty());
        Device first = new Device(1, "NVIDIA L4", "GPU-2", true, 24L << 30, OptionalLong.empty());
        Device second = new Device(2, "NVIDIA H200", "GPU-3", true, 140L << 30, OptionalLong.empty());
        List<Device> all = List.of(old, first, second);
        assertThat(Machine.gpus(all, () -> "", device -> device.name() + "; " + DoctorCommand.use(device, all)))
                .containsExactly(
                        Fact.of("GPU 0", "gpu0", "Tesla P4; not used"),
                        Fact.of(
                                "GPU 1",
                                "gpu1",
                                "NVIDIA L4; used for models that it takes, unless --backend or --device says otherwise"),
                        Fact.of("GPU 2", "gpu2", "NVIDIA H200; used where --device names it"));
        assertThat(Machine.gpus(List.of(second), () -> "", Device::name))
                .containsExactly(Fact.of("GPU", "gpu", "NVIDIA H200"));
        assertThat(Machine.gpus(List.of(), () -> "no CUDA device: none found; models run on the CPU", Device::name))
                .containsExactly(Fact.of("GPU", "gpu", "no CUDA device: none found; models run on the CPU"));
    }
}
