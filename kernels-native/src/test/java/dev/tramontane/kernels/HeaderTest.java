package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Java's numbers and structs are those of tramontane.h. */
final class HeaderTest {
    private static final Pattern DEFINE = Pattern.compile("#define (TM_\\w+) \\(?(-?\\d+)u?\\)?(?: |$|\\R)");
    private static final Pattern BIT = Pattern.compile("#define TM_HAS_(\\w+) \\(1u << (\\d+)\\)");
    private static final Pattern STRUCT = Pattern.compile("(?s)typedef struct (tm_\\w+) \\{(.*?)\\} \\1;");
    private static final Pattern FIELD = Pattern.compile("(\\w+)(\\*?) (\\w+)(?:\\[(\\w+)])?;");
    private static final Map<String, String> TYPES = Map.of(
            "uint32_t", "U32", "int32_t", "I32", "uint64_t", "U64", "int64_t", "I64", "float", "F32", "double", "F64");

    private final String header = read();

    /** {@code layout.cpp} lists them by hand: the binding believes what the library says. */
    @Test
    void theLibraryTellsEveryFieldOfEveryStruct() {
        KernelLibrary library = TinyContext.library();
        int structs = 0;
        for (Matcher struct = STRUCT.matcher(header); struct.find(); structs++) {
            String name = struct.group(1);
            Map<String, String> declared = new LinkedHashMap<>();
            String body = struct.group(2).replaceAll("(?s)/\\*.*?\\*/", "");
            for (Matcher field = FIELD.matcher(body); field.find(); ) {
                String type = field.group(2).isEmpty() ? TYPES.getOrDefault(field.group(1), "?") : "POINTER";
                String length = field.group(4) == null ? "1" : field.group(4);
                declared.put(field.group(3), type + " " + length);
            }
            Map<String, String> told = new LinkedHashMap<>();
            library.struct(name)
                    .fields()
                    .forEach((field, at) ->
                            told.put(field, at.type() + " " + (at.length() == 1 ? "1" : "TM_MAX_GROUPS")));
            assertThat(told).as("%s in layout.cpp", name).containsExactlyEntriesOf(declared);
        }
        assertThat(structs).isGreaterThan(12);
    }

    @Test
    void numbersAreTheHeaders() {
        Map<String, Integer> defines = defines();
        assertThat(defines).containsEntry("TM_ABI_VERSION", Bindings.ABI_VERSION);
        assertThat(defines).containsEntry("TM_OK", Bindings.OK).containsEntry("TM_PENDING", Bindings.PENDING);
        assertThat(defines).containsEntry("TM_UNSUPPORTED", Bindings.UNSUPPORTED);
        assertThat(defines)
                .containsEntry("TM_MAX_GROUPS", Layouts.MAX_GROUPS)
                .containsEntry("TM_MAX_TOP_LOGPROBS", Layouts.MAX_TOP)
                .containsEntry("TM_TOKEN_PREVIOUS", StepDescriptor.PREVIOUS_TOKEN)
                .containsEntry("TM_SAMPLE_DRAW", StepDescriptor.DRAW)
                .containsEntry("TM_TENSOR_MAPPED", ContextStructs.TENSOR_MAPPED)
                .containsEntry("TM_PART_EMBEDDING", ContextConfig.Parts.EMBEDDING)
                .containsEntry("TM_PART_HEAD", ContextConfig.Parts.HEAD);
        for (Backend backend : Backend.values()) {
            assertThat(defines).containsEntry("TM_BACKEND_" + backend.name(), backend.number());
        }
        for (CpuLevel level : CpuLevel.values()) {
            assertThat(defines).containsEntry("TM_CPU_" + level.name(), level.number());
        }
        for (DType type : DType.values()) {
            assertThat(defines).containsEntry("TM_" + type.name(), type.number());
        }
        for (TensorRole role : TensorRole.values()) {
            assertThat(defines).containsEntry("TM_" + role.name(), role.number());
        }
        assertThat(defines).containsEntry("TM_N_ROLES", TensorRole.values().length);
        for (KernelException.Status status : KernelException.Status.values()) {
            if (status != KernelException.Status.UNKNOWN) {
                int number = defines.getOrDefault("TM_" + status.name(), -1);
                assertThat(new KernelException(number, "").status()).isEqualTo(status);
            }
        }
    }

    /** A type of the header that Java lacks is named; that it is in the library's table is the native tests' and the load's. */
    @Test
    void everyElementTypeOfTheHeaderIsKnown() {
        String section = header.substring(header.indexOf("/* Element types"), header.indexOf("/* What a tensor is"));
        List<String> types = DEFINE.matcher(section)
                .results()
                .map(define -> define.group(1).substring("TM_".length()))
                .toList();
        assertThat(types).isNotEmpty();
        assertThat(Stream.of(DType.values()).map(DType::name)).containsExactlyInAnyOrderElementsOf(types);
    }

    @Test
    void featureBitsAreTheHeaders() {
        Map<String, Integer> bits = new TreeMap<>();
        for (Matcher bit = BIT.matcher(header); bit.find(); ) {
            bits.put(bit.group(1), 1 << Integer.parseInt(bit.group(2)));
        }
        Map<String, Integer> ours = new TreeMap<>();
        Stream.of(CpuFeature.values()).forEach(feature -> ours.put(feature.name(), feature.bit()));
        assertThat(ours).isEqualTo(bits);
    }

    private Map<String, Integer> defines() {
        Map<String, Integer> defines = new TreeMap<>();
        for (Matcher define = DEFINE.matcher(header); define.find(); ) {
            defines.put(define.group(1), Integer.parseInt(define.group(2)));
        }
        return defines;
    }

    private static String read() {
        try {
            return Files.readString(Path.of("native", "include", "tramontane.h"));
        } catch (IOException missing) {
            throw new AssertionError("tests run in the module's directory", missing);
        }
    }
}
