package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;

/** Which value of a record goes into which field of a struct: a line for each. Fields are found as they are named. */
final class StructWriter<R> {
    @FunctionalInterface
    private interface Write<R> {
        void to(MemorySegment memory, R values, Arena arena);
    }

    private final Struct struct;
    private final List<Write<R>> writes = new ArrayList<>();

    StructWriter(Struct struct) {
        this.struct = struct;
    }

    StructWriter<R> u32(String field, ToIntFunction<R> value) {
        long at = struct.at(field, Struct.Type.U32);
        writes.add((memory, values, arena) -> memory.set(JAVA_INT, at, value.applyAsInt(values)));
        return this;
    }

    StructWriter<R> u64(String field, ToLongFunction<R> value) {
        long at = struct.at(field, Struct.Type.U64);
        writes.add((memory, values, arena) -> memory.set(JAVA_LONG, at, value.applyAsLong(values)));
        return this;
    }

    StructWriter<R> f32(String field, ToDoubleFunction<R> value) {
        long at = struct.at(field, Struct.Type.F32);
        writes.add((memory, values, arena) -> memory.set(JAVA_FLOAT, at, (float) value.applyAsDouble(values)));
        return this;
    }

    StructWriter<R> f64(String field, ToDoubleFunction<R> value) {
        long at = struct.at(field, Struct.Type.F64);
        writes.add((memory, values, arena) -> memory.set(JAVA_DOUBLE, at, value.applyAsDouble(values)));
        return this;
    }

    /** An array with a value for each of {@link Layouts#MAX_GROUPS} groups; those without one stay 0. */
    StructWriter<R> groups(String field, Function<R, List<Integer>> value) {
        long at = struct.at(field, Layouts.MAX_GROUPS, Struct.Type.U32);
        writes.add((memory, values, arena) -> {
            List<Integer> numbers = value.apply(values);
            for (int i = 0; i < numbers.size(); i++) {
                memory.set(JAVA_INT, at + (long) Integer.BYTES * i, numbers.get(i));
            }
        });
        return this;
    }

    /** An address of memory that lives as long as the arena, or longer. */
    StructWriter<R> pointer(String field, BiFunction<R, Arena, MemorySegment> value) {
        long at = struct.at(field, Struct.Type.POINTER);
        writes.add((memory, values, arena) -> memory.set(ADDRESS, at, value.apply(values, arena)));
        return this;
    }

    /** A field that stays 0. */
    StructWriter<R> zero(String field) {
        struct.at(field, Struct.Type.U32);
        return this;
    }

    /** All fields were named, but the struct's size, which is always stated. */
    StructWriter<R> whole() {
        struct.at("struct_size", Struct.Type.U32);
        struct.whole();
        return this;
    }

    /** The struct of these values. */
    MemorySegment write(Arena arena, R values) {
        return write(arena, List.of(values));
    }

    /** An array of structs, one for each of these values. */
    MemorySegment write(Arena arena, List<R> each) {
        MemorySegment array = struct.allocateSized(arena, each.size());
        for (int i = 0; i < each.size(); i++) {
            MemorySegment memory = array.asSlice((long) i * struct.size(), struct.size());
            for (Write<R> write : writes) {
                write.to(memory, each.get(i), arena);
            }
        }
        return array;
    }
}
