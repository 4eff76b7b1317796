package dev.tramontane.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The library's element types held against {@link DType}, before anything is computed: a size that differs would read
 * beside the weights, and a type that one side lacks would be refused only when a model comes that has it.
 */
final class ElementTypes {
    /** {@code tm_element_type}. */
    static final MemoryLayout[] PARAMETERS = {JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS};

    /** More than any name and any list has. */
    private static final int NAME_BYTES = 64;

    private static final int MOST_TYPES = 1024;

    /** What either side says of a type. */
    private record Line(int number, int blockElements, int blockBytes, boolean written) {
        static Line of(DType type) {
            return new Line(type.number(), type.blockElements(), type.blockBytes(), type.writable());
        }

        @Override
        public String toString() {
            return "number " + number + ", blocks of " + blockElements + " elements in " + blockBytes + " bytes, "
                    + (written ? "written" : "only read");
        }
    }

    private ElementTypes() {}

    /** The first type in which they differ, by name, and how; empty when they are the same. */
    static Optional<String> mismatch(MethodHandle elementType) throws Throwable {
        Map<String, Line> library = read(elementType);
        for (DType type : DType.values()) {
            Line found = library.remove(type.name());
            if (found == null) {
                return Optional.of("it lacks the element type " + type);
            }
            if (!found.equals(Line.of(type))) {
                return Optional.of("its element type " + type + " has " + found + ", expected " + Line.of(type));
            }
        }
        return library.keySet().stream().findFirst().map(name -> "its element type " + name + " is not known here");
    }

    private static Map<String, Line> read(MethodHandle elementType) throws Throwable {
        Map<String, Line> types = new LinkedHashMap<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            MemorySegment number = arena.allocate(JAVA_INT);
            MemorySegment elements = arena.allocate(JAVA_INT);
            MemorySegment bytes = arena.allocate(JAVA_INT);
            MemorySegment written = arena.allocate(JAVA_INT);
            for (int index = 0; index < MOST_TYPES; index++) {
                int status =
                        (int) elementType.invokeExact(index, name, name.byteSize(), number, elements, bytes, written);
                if (status != Bindings.OK) {
                    break;
                }
                types.put(
                        Bindings.text(name),
                        new Line(
                                number.get(JAVA_INT, 0),
                                elements.get(JAVA_INT, 0),
                                bytes.get(JAVA_INT, 0),
                                written.get(JAVA_INT, 0) != 0));
            }
        }
        return types;
    }
}
