package dev.tramontane.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.kernels.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The file's types are the kernels' and those that the kernels lack, each once. */
final class GgmlTypeTest {
    @ParameterizedTest
    @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "F8_E4M3")
    void everyTypeOfTheKernelsIsAFilesType(DType type) {
        GgmlType found = GgmlType.of(type);
        assertThat(found.computed()).contains(type);
        assertThat(found).hasToString(type.name());
        assertThat(GgmlType.of(found.number())).contains(found);
        assertThat(GgmlType.computedNames().split(", ")).contains(type.name());
    }

    @Test
    void whatTheKernelsLearnedIsNoLongerListedAsLacking() {
        assertThat(GgmlType.NOT_COMPUTED).allSatisfy(type -> {
            assertThat(DType.ofNumber(type.number())).as(type.name()).isEmpty();
            assertThat(GgmlType.of(type.number())).contains(type);
            assertThat(type.computed()).isEmpty();
        });
    }

    @Test
    void numbersThatNobodyHasAreNoTypes() {
        for (long number : new long[] {-1, 4, 31, 38, 43, 255, 256, 257, 1L << 32, Long.MAX_VALUE}) {
            assertThat(GgmlType.of(number)).as("%d", number).isEmpty();
        }
        assertThatThrownBy(() -> GgmlType.of(DType.F8_E4M3)).hasMessageContaining("cannot hold F8_E4M3");
    }
}
