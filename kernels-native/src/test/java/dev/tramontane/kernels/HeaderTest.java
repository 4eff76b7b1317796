package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    private static final Pattern STRUCT = Pattern.compile("typedef struct (tm_\\w+) \\{");

    private final String header = read();

    @Test
    void everyStructHasALayout() {
        List<String> structs = new ArrayList<>();
        for (Matcher struct = STRUCT.matcher(header); struct.find(); ) {
            structs.add(struct.group(1));
        }
        assertThat(Layouts.ALL)
                .extracting(layout -> layout.name().orElseThrow())
                .containsExactlyInAnyOrderElementsOf(structs);
    }

    @Test
    void everyFieldIsInItsPlaceUnderItsName() {
        for (StructLayout layout : Layouts.ALL) {
            String struct = layout.name().orElseThrow();
            Matcher body = Pattern.compile("struct " + struct + " \\{(.*?)\\} " + struct + ";", Pattern.DOTALL)
                    .matcher(header);
            assertThat(body.find()).as(struct).isTrue();
            List<String> fields = Pattern.compile("(\\w+)(?:\\[\\w+])?;")
                    .matcher(body.group(1).replaceAll("(?s)/\\*.*?\\*/", ""))
                    .results()
                    .map(field -> field.group(1))
                    .toList();
            assertThat(layout.memberLayouts())
                    .as(struct)
                    .extracting(member -> member.name().orElseThrow())
                    .isEqualTo(fields);
        }
    }

    @Test
    void numbersAreTheHeaders() {
        Map<String, Integer> defines = defines();
        assertThat(defines).containsEntry("TM_ABI_VERSION", Bindings.ABI_VERSION);
        assertThat(defines).containsEntry("TM_OK", Bindings.OK).containsEntry("TM_PENDING", Bindings.PENDING);
        assertThat(defines)
                .containsEntry("TM_MAX_GROUPS", Layouts.MAX_GROUPS)
                .containsEntry("TM_MAX_TOP_LOGPROBS", Layouts.MAX_TOP)
                .containsEntry("TM_TOKEN_PREVIOUS", StepDescriptor.PREVIOUS_TOKEN)
                .containsEntry("TM_SAMPLE_DRAW", StepDescriptor.DRAW)
                .containsEntry("TM_TENSOR_MAPPED", ContextStructs.TENSOR_MAPPED);
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
