package dev.tramontane.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sizes before there is a context; that they are what a context holds is the native tests' and the service's. */
final class SizesTest {
    private final KernelLibrary library = TinyContext.library();

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeHasASizeOnTheProcessor(DType type) {
        assertThat(library.tensorBytes(Backend.REF, TensorRole.FFN_UP, type, type, 33, 512))
                .hasValue(0);
        long copy = library.tensorBytes(Backend.CPU, TensorRole.FFN_UP, type, type, 33, 512)
                .orElseThrow();
        // Three strips of sixteen rows, each at most a scale larger than in the file.
        assertThat(copy)
                .isBetween(type.unquantised() ? 0 : type.bytes(48, 512), type.unquantised() ? 0 : type.bytes(50, 512));
        assertThat(library.tensorBytes(Backend.CPU, TensorRole.TOKEN_EMBEDDING, type, type, 33, 512))
                .hasValue(0);
    }

    @Test
    void whatABackendLacksHasNone() {
        assertThat(library.tensorBytes(Backend.EMU, TensorRole.FFN_UP, DType.F32, DType.F32, 16, 256))
                .isEmpty();
        assertThat(library.tensorBytes(Backend.CUDA, TensorRole.FFN_UP, DType.BF16, DType.Q4_0, 64, 256))
                .hasValue(DType.Q4_0.bytes(64, 256));
        // The scales of 32 columns take a byte instead of six bits.
        assertThat(library.tensorBytes(Backend.CUDA, TensorRole.FFN_UP, DType.Q4_K, DType.Q4_K, 64, 256))
                .hasValue(DType.Q4_K.bytes(64, 256) + 64 * 256 / 8 / 8);
    }

    @Test
    void aDeviceHasRowsOfTheEmbeddingOfAnyType() {
        assertThat(library.tensorBytes(Backend.CUDA, TensorRole.TOKEN_EMBEDDING, DType.F32, DType.F32, 33, 256))
                .hasValue(DType.F32.bytes(33, 256));
        assertThat(library.tensorBytes(Backend.CUDA, TensorRole.TOKEN_EMBEDDING, DType.BF16, DType.BF16, 64, 256))
                .hasValue(DType.BF16.bytes(64, 256));
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> library.tensorBytes(Backend.CPU, TensorRole.FFN_UP, DType.Q4_K, DType.Q4_K, 16, 100))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("whole number of Q4_K blocks");
        assertThatThrownBy(() -> library.tensorBytes(
                        Backend.CPU, TensorRole.FFN_UP, DType.F32, DType.F32, Long.MAX_VALUE, Long.MIN_VALUE))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("ffn up: shape is");
        CacheConfig cache = new CacheConfig(DType.F16, 17, 1, 1, 1, 1, List.of(4), List.of(4));
        assertThatThrownBy(() -> library.cacheBytes(TinyContext.config(Backend.CPU), cache))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("page_tokens is 17");
    }
}
