package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ConversionTest {
    private final KernelLibrary library = TinyContext.library();
    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void quantisesAndReadsBack() {
        MemorySegment values = arena.allocate(JAVA_FLOAT, 64);
        for (int i = 0; i < 64; i++) {
            values.setAtIndex(JAVA_FLOAT, i, i - 32);
        }
        MemorySegment quantised = arena.allocate(DType.Q8_0.bytes(2, 32));
        MemorySegment read = arena.allocate(JAVA_FLOAT, 64);
        library.convert(DType.F32, values.asReadOnly(), DType.Q8_0, quantised, 2, 32);
        library.convert(DType.Q8_0, quantised, DType.F32, read, 2, 32);
        for (int i = 0; i < 64; i++) {
            assertThat(read.getAtIndex(JAVA_FLOAT, i)).isCloseTo(i - 32, within(0.13f));
        }
        MemorySegment halves = arena.allocate(JAVA_SHORT, 64);
        library.convert(DType.F32, values, DType.F16, halves, 1, 64);
        assertThat(Float.float16ToFloat(halves.getAtIndex(JAVA_SHORT, 5))).isEqualTo(-27);
    }

    @Test
    void scalesElementsOfEightBits() {
        MemorySegment elements = arena.allocateFrom(JAVA_BYTE, (byte) 0x38, (byte) 0xb8, (byte) 0x40, (byte) 0x7f);
        MemorySegment values = arena.allocate(JAVA_FLOAT, 4);
        library.convert(DType.F8_E4M3, elements, DType.F32, values, 2, 2, new float[] {3, 0.5f});
        assertThat(values.toArray(JAVA_FLOAT)).containsExactly(3, -3, 1, Float.NaN);
        library.convert(DType.F8_E4M3, elements, DType.F32, values, 2, 2, new float[] {2});
        assertThat(values.toArray(JAVA_FLOAT)).containsExactly(2, -2, 4, Float.NaN);
        library.convert(DType.F8_E4M3, elements, DType.F32, values, 2, 2);
        assertThat(values.toArray(JAVA_FLOAT)).containsExactly(1, -1, 2, Float.NaN);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> library.convert(DType.F8_E4M3, elements, DType.F32, values, 2, 2, new float[3]))
                .withMessageContaining("one for each of 2 rows, got 3");
    }

    @Test
    void refusesWhatCannotBeConverted() {
        MemorySegment source = arena.allocate(128);
        MemorySegment target = arena.allocate(128);
        refuse("nothing is converted to Q4_K", DType.F32, source, DType.Q4_K, target, 1, 256);
        refuse("off-heap", DType.F32, MemorySegment.ofArray(new float[32]), DType.Q8_0, target, 1, 32);
        refuse("off-heap", DType.F32, source, DType.Q8_0, MemorySegment.ofArray(new byte[34]), 1, 32);
        refuse("needs 132 bytes, it has 128", DType.F32, source, DType.F16, target, 1, 33);
        refuse("multiple of 32", DType.F32, source, DType.Q8_0, target, 1, 31);
        refuse("needs rows and columns", DType.F32, source, DType.Q8_0, target, 0, 32);
        refuse("must be writable", DType.F32, source, DType.Q8_0, target.asReadOnly(), 1, 32);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> library.convert(DType.F32, source, DType.Q8_0, target, 1, 32, new float[] {1}))
                .withMessageContaining("F32 has no scales");
        assertThatThrownBy(() -> library.convert(DType.F32, source, DType.Q8_0, source, 1, 32))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("overlap");
        MemorySegment freed;
        try (Arena gone = Arena.ofConfined()) {
            freed = gone.allocate(128);
        }
        assertThatThrownBy(() -> library.convert(DType.F32, freed, DType.Q8_0, target, 1, 32))
                .isInstanceOf(IllegalStateException.class);
    }

    private void refuse(
            String message, DType from, MemorySegment source, DType to, MemorySegment target, long rows, long columns) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> library.convert(from, source, to, target, rows, columns))
                .withMessageContaining(message);
    }
}
