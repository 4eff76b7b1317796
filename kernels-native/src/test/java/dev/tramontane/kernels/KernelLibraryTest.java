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
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        assertThat(library.describe(Backend.EMU))
                .endsWith(
                        "; mma adds plain floats, wgmma as mma: it multiplies 33 rows and more, and for chunks of wide heads");
        // An explicit path is the same library again.
        assertThat(KernelLibrary.at(library.file()).host()).isEqualTo(host);
    }

    @Test
    void devicesAreTold() {
        KernelLibrary library = TinyContext.library();
        assertThat(library.devices(Backend.CPU)).isEmpty();
        assertThat(library.devices(Backend.EMU)).extracting(Device::uuid).containsExactly("EMU-0", "EMU-1");
        Device second = library.devices(Backend.EMU).get(1);
        assertThat(second.index()).isOne();
        assertThat(second.name()).isEqualTo("emulated device");
        assertThat(second.usable()).isTrue();
        assertThat(second.totalBytes()).isPositive();
        assertThat(second.freeBytes()).isEmpty();
        Device opened = library.opened(Backend.EMU, second);
        assertThat(opened.uuid()).isEqualTo(second.uuid());
        assertThat(opened.freeBytes().orElseThrow()).isBetween(1L, second.totalBytes());
        assertThat(library.describe(Backend.EMU, second))
                .startsWith("emulated device 1: ")
                .contains("; mma adds plain floats, wgmma as mma");
        Device gone = new Device(7, "gone", "EMU-7", true, 1, OptionalLong.empty());
        assertThat(library.describe(Backend.EMU, gone))
                .isEqualTo("there is no emulated device 7; there are 2, counted from 0");
        assertThatThrownBy(() -> library.opened(Backend.EMU, gone))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("the emu backend has no device 7");
        assertThat(library.devices(Backend.CUDA).isEmpty())
                .isEqualTo(!library.host().backends().contains(Backend.CUDA));
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

    /** The library's own list of types with one change, behind its own layouts. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        types[n].name = "Q9_K", types[n++].number = 199        | its element type Q9_K is not known here
        types[i("IQ4_XS")].name = "IQ4_XT"                     | it lacks the element type IQ4_XS
        types[i("Q4_K")].bytes = 145                           | Q4_K has number 12, blocks of 256 elements in 145 bytes
        types[i("Q6_K")].elements = 128                        | Q6_K has number 14, blocks of 128
        types[i("BF16")].number = 31                           | BF16 has number 31
        types[i("Q5_0")].written = 0                           | Q5_0 has number 6, blocks of 32 elements in 22 bytes, only read
        types[i("Q3_K")].written = 1                           | bytes, written, expected number 11
        n = 0                                                  | it lacks the element type F32
        """)
    void refusesOtherElementTypesByName(String change, String difference) throws Exception {
        Path other = compile(
                "libtypes.so",
                """
                #include <string.h>
                #include "tramontane.h"
                #include "element_types.h"
                #define LINE(name, elements, bytes, is_written, ...) \
                  {#name, TM_##name, elements, bytes, TM_WRITTEN_##is_written(1 +) 0},
                static struct { const char* name; unsigned number, elements, bytes, written; } types[99] =
                    {TM_ELEMENT_TYPES(LINE)};
                static int i(const char* name) { int k = 0; while (strcmp(types[k].name, name) != 0) ++k; return k; }
                uint32_t tm_abi_version(void) { return TM_ABI_VERSION; }
                int32_t tm_element_type(uint32_t index, char* name, uint64_t capacity, uint32_t* number,
                                        uint32_t* elements, uint32_t* bytes, uint32_t* written) {
                  static uint32_t n;
                  if (index == 0) { for (n = 0; types[n].name != 0; ++n) {} CHANGE; }
                  if (index >= n) return TM_INVALID_ARGUMENT;
                  strncpy(name, types[index].name, capacity);
                  *number = types[index].number, *elements = types[index].elements;
                  *bytes = types[index].bytes, *written = types[index].written;
                  return TM_OK;
                }
                """.replace("CHANGE", change),
                "-xc++",
                "-std=c++20",
                "-Inative/include",
                "-Inative/src",
                "native/src/layout.cpp");
        assertThatThrownBy(() -> KernelLibrary.at(other))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining(difference)
                .hasMessageEndingWith("; use the library built with this program");
    }

    @Test
    void measuresTheProcessors() {
        KernelLibrary library = TinyContext.library();
        CpuLevel level = library.host().level();
        HostCeilings ceilings = library.measure(level, 2, 8 << 20);
        assertThat(ceilings.readBytes()).isBetween(1e7, 1e14);
        if (level == CpuLevel.PORTABLE) {
            assertThat(ceilings.int8Operations()).isZero();
        } else {
            assertThat(ceilings.int8Operations()).isBetween(1e8, 1e16);
        }
        assertThat(library.measure(CpuLevel.PORTABLE, 1, 1 << 20).int8Operations())
                .isZero();
        assertThatThrownBy(() -> library.measure(level, 0, 8 << 20))
                .isInstanceOf(KernelException.class)
                .hasMessage("cannot measure the processors: n_threads is 0, expected 1..1024");
        assertThatThrownBy(() -> library.measure(level, 1, -1)).isInstanceOf(KernelException.class);
    }

    @Test
    void measuresTheBusToADevice() {
        KernelLibrary library = TinyContext.library();
        assertThat(library.measureUpload(Backend.EMU, 1, 5 << 20)).isBetween(1e6, 1e14);
        assertThatThrownBy(() -> library.measureUpload(Backend.EMU, 2, 5 << 20))
                .isInstanceOf(KernelException.class)
                .hasMessage("cannot measure the bus to a device: the emu backend has no device 2");
        assertThatThrownBy(() -> library.measureUpload(Backend.CPU, 0, 5 << 20)).isInstanceOf(KernelException.class);
        assertThatThrownBy(() -> library.measureUpload(Backend.EMU, 0, 1)).isInstanceOf(KernelException.class);
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

    private Path compile(String name, String source, String... more) throws Exception {
        Path c = Files.writeString(directory.resolve(name + ".c"), source);
        Path library = directory.resolve(name);
        Process compiler;
        try {
            List<String> command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o", library.toString()));
            command.addAll(List.of(more));
            command.add(c.toString());
            compiler = new ProcessBuilder(command).inheritIO().start();
        } catch (IOException absent) {
            assumeTrue(false, "no C compiler (cc) on the path");
            throw absent;
        }
        assertThat(compiler.waitFor()).isZero();
        return library;
    }
}
