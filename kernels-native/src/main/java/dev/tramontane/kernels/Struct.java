package dev.tramontane.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A struct of tramontane.h as the loaded library lays it out: what {@code tm_layout} says of it. Fields are looked up by
 * name once, when the library is loaded; a field that one side has and the other doesn't know is refused there by name.
 */
final class Struct {
    /** Types of fields, under {@code tm_layout}'s names in capitals. */
    enum Type {
        U32,
        I32,
        U64,
        I64,
        F32,
        F64,
        POINTER
    }

    /** @param length of an array, else 1 */
    record Field(long offset, Type type, int length) {}

    private static final Pattern FIELD =
            Pattern.compile("(\\w+) (\\d{1,5}) (u32|i32|u64|i64|f32|f64|pointer)(?:\\[(\\d{1,3})])?");

    /** Structs hold pointers. */
    private static final long ALIGNMENT = 8;

    private final String origin;
    private final String name;
    private final int size;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final Set<String> known = new HashSet<>();

    /**
     * Reads a layout.
     *
     * @param origin where the library was loaded from, for messages
     * @throws KernelException when the text is no layout
     */
    Struct(String origin, String name, String layout) {
        this.origin = origin;
        this.name = name;
        List<String> lines = layout.lines().toList();
        if (lines.isEmpty() || !lines.getFirst().matches("\\d{1,5}")) {
            throw differs("its layout begins with no size");
        }
        size = Integer.parseInt(lines.getFirst());
        for (String line : lines.subList(1, lines.size())) {
            Matcher field = FIELD.matcher(line);
            if (!field.matches()) {
                throw differs("its layout has a line that names no field: " + line);
            }
            Type type = Type.valueOf(field.group(3).toUpperCase(Locale.ROOT));
            int length = field.group(4) == null ? 1 : Integer.parseInt(field.group(4));
            fields.put(field.group(1), new Field(Long.parseLong(field.group(2)), type, length));
        }
    }

    /** Its size in bytes. */
    int size() {
        return size;
    }

    Map<String, Field> fields() {
        return fields;
    }

    /**
     * Offset of a field.
     *
     * @param types that this program reads or writes it as
     * @throws KernelException naming the field, when there is none or it has another type
     */
    long at(String field, Type... types) {
        return at(field, 1, types);
    }

    /** The same for an array of this length. */
    long at(String field, int length, Type... types) {
        return field(field, length, types).offset();
    }

    /** The field itself. */
    Field field(String field, int length, Type... types) {
        Field found = fields.get(field);
        if (found == null) {
            throw differs("it has no field " + field);
        }
        if (!List.of(types).contains(found.type()) || found.length() != length) {
            throw differs("its field " + field + " is " + found.length() + " of " + found.type() + ", expected "
                    + length + " of " + Arrays.toString(types));
        }
        known.add(field);
        return found;
    }

    /** Fields that nobody has asked for, in order of declaration. */
    List<String> unknown() {
        return fields.keySet().stream().filter(field -> !known.contains(field)).toList();
    }

    /**
     * Makes sure that this program knows every field.
     *
     * @throws KernelException naming one that it doesn't
     */
    Struct whole() {
        List<String> unknown = unknown();
        if (!unknown.isEmpty()) {
            throw differs("this program does not know its field " + unknown.getFirst());
        }
        return this;
    }

    /** @throws KernelException saying how it differs, unless this holds */
    void require(boolean holds, String how) {
        if (!holds) {
            throw differs(how);
        }
    }

    /** A zeroed struct that states its size. */
    MemorySegment allocateSized(Arena arena) {
        return allocateSized(arena, 1);
    }

    /** An array of such. */
    MemorySegment allocateSized(Arena arena, int count) {
        MemorySegment memory = arena.allocate((long) size * count, ALIGNMENT);
        for (long i = 0; i < count; i++) {
            memory.set(ValueLayout.JAVA_INT, i * size + at("struct_size", Type.U32), size);
        }
        return memory;
    }

    private KernelException differs(String how) {
        return new KernelException("the kernel library at " + origin + " has another " + name + ": " + how
                + "; use the library built with this program");
    }
}
