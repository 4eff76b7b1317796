package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelLibraryTest {
    @TempDir
    Path directory;

    @Test
    void loadsTheBundledLibraryAndTellsTheMachine() {
        KernelLibrary library = TinyContext.library();
        HostInfo host = library.host();
        assertThat(library.file().getFileName().toString()).matches("libtramontane-[0-9a-f]{16}\\.(so|dylib)");
        assertThat(host.processors()).isBetween(1, 1024);
        assertThat(host.backends()).contains(Backend.REF);
        assertThat(host.level()).isNotEqualTo(CpuLevel.AUTO);
        assertThat(host.features().contains(CpuFeature.AVX2))
                .isEqualTo(host.level() == CpuLevel.AVX2 || host.level() == CpuLevel.AVX512);
        assertThat(host.backends()).contains(Backend.EMU);
        for (Backend backend : Backend.values()) {
            assertThat(library.describe(backend)).as(backend.name()).isNotBlank();
        }
        // An explicit path is the same library again.
        assertThat(KernelLibrary.at(library.file()).host()).isEqualTo(host);
    }

    @Test
    void namesThePlatformItHasNothingFor() {
        assertThatThrownBy(() -> KernelLibrary.bundled(Platform.of("Plan 9", "vax"), directory))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("plan-9-vax");
    }

    @Test
    void platformNamesAreTheBundles() {
        assertThat(Platform.of("Linux", "amd64").directory()).isEqualTo("linux-x86_64");
        assertThat(Platform.of("Linux", "aarch64").directory()).isEqualTo("linux-aarch64");
        assertThat(Platform.of("Mac OS X", "aarch64").directory()).isEqualTo("macos-aarch64");
    }

    @Test
    void refusesWhatIsNoLibrary() throws IOException {
        Path text = Files.writeString(directory.resolve("libtext.so"), "not a library");
        assertThatThrownBy(() -> KernelLibrary.at(text))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("libtext.so")
                .hasMessageContaining("loader refuses");
        assertThatThrownBy(() -> KernelLibrary.at(directory.resolve("absent.so")))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("absent.so");
        assertThatThrownBy(() -> KernelLibrary.at(directory)).isInstanceOf(KernelException.class);
    }

    @Test
    void refusesAForeignLibrary() throws Exception {
        Path foreign = compile("libforeign.so", "int foreign(void) { return 1; }");
        assertThatThrownBy(() -> KernelLibrary.at(foreign))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("tm_abi_version");
    }

    @Test
    void refusesAnotherAbi() throws Exception {
        Path other = compile("libother.so", "unsigned tm_abi_version(void) { return 99; }");
        assertThatThrownBy(() -> KernelLibrary.at(other))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("ABI 99");
    }

    /** A library that lays out every struct as this text says. */
    private void refusedLayout(String layout, String why) throws Exception {
        Path other = compile("lib" + Integer.toHexString(layout.hashCode()) + ".so", """
            unsigned tm_abi_version(void) { return %d; }
            int tm_layout(const char* name, char* text, unsigned long capacity) {
              const char* layout = "%s";
              unsigned long i = 0;
              do text[i] = layout[i]; while (layout[i++] != 0 && i < capacity);
              return *layout == 0;
            }
            """.formatted(
                        Bindings.ABI_VERSION, layout.replace("\n", "\\n")));
        assertThatThrownBy(() -> KernelLibrary.at(other))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining(other.toString())
                .hasMessageContaining(why)
                .hasMessageContaining("use the library built with this program");
    }

    @Test
    void refusesAnotherLayoutNamingTheField() throws Exception {
        refusedLayout("", "does not know tm_model_config");
        refusedLayout("no size", "another tm_model_config: its layout begins with no size");
        refusedLayout("8\nstruct_size at 0\n", "a line that names no field: struct_size at 0");
        refusedLayout("8\nstruct_size 0 u32\n", "it has no field backend");
        refusedLayout("8\nstruct_size 0 u32\nbackend 4 f32\n", "its field backend is 1 of F32, expected 1 of [U32]");
        refusedLayout("36\nstruct_size 0 u32\nbackend 4 u32[8]\n", "its field backend is 8 of U32");
    }

    /** A field that the library has gained, which this program would leave as it happens to be. */
    @Test
    void refusesAFieldThatThisProgramDoesNotKnow() {
        Struct struct = new Struct("here", "tm_span", "16\nslot 0 u32\nextra 4 u32\n");
        assertThat(struct.at("slot", Struct.Type.U32)).isZero();
        assertThatThrownBy(struct::whole)
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("another tm_span: this program does not know its field extra");
    }

    @Test
    void saysTheFlagWhenNativeAccessIsDenied() throws Exception {
        Path classes = Path.of("target", "classes").toAbsolutePath();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--illegal-native-access=deny",
                "-cp",
                System.getProperty("java.class.path"),
                Loader.class.getName(),
                directory.resolve("cache").toString()));
        assertThat(classes).exists();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(3);
        assertThat(output).contains("--enable-native-access=ALL-UNNAMED");
    }

    /** Loads the bundled library in a JVM of its own: prints the path and exits 0, or the error and exits 3. */
    static final class Loader {
        private Loader() {}

        public static void main(String[] arguments) {
            try {
                System.out.println(KernelLibrary.bundled(TinyContext.platform(), Path.of(arguments[0]))
                        .file());
            } catch (KernelException refused) {
                System.out.println(refused.getMessage());
                System.exit(3);
            }
        }
    }

    private Path compile(String name, String source) throws Exception {
        Path c = Files.writeString(directory.resolve(name + ".c"), source);
        Path library = directory.resolve(name);
        Process compiler;
        try {
            compiler = new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), c.toString())
                    .inheritIO()
                    .start();
        } catch (IOException absent) {
            assumeTrue(false, "no C compiler (cc) on the path");
            throw absent;
        }
        assertThat(compiler.waitFor()).isZero();
        return library;
    }
}
