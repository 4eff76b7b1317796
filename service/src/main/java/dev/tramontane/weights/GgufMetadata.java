package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The key/value part of a GGUF file. Values stay in the mapped file and are decoded when asked for. Getters check type
 * and range and throw a {@link ModelFileException} that names the key; those called {@code find...} are for optional
 * keys and are empty when the key is absent (a key of the wrong type still fails). Any thread while the file is open.
 */
public final class GgufMetadata {

    /**
     * Where a value lies.
     *
     * @param type of the value
     * @param element type of an array's elements, else null
     * @param count elements; 1 for scalars
     * @param offset of the first byte of the value itself (a string's text, an array's first element)
     * @param bytes of the value from there on
     */
    record Entry(GgufValueType type, @Nullable GgufValueType element, long count, long offset, long bytes) {}

    private static final String CONVERT_AGAIN =
            "take another file of this model, or convert it again with llama.cpp's convert_hf_to_gguf.py";

    private final String file;
    private final MemorySegment bytes;
    private final Map<String, Entry> entries;

    GgufMetadata(String file, MemorySegment bytes, Map<String, Entry> entries) {
        this.file = file;
        this.bytes = bytes;
        this.entries = entries;
    }

    /** All keys in the order of the file. */
    public Set<String> keys() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /** Whether the key is there and holds an array. */
    public boolean isArray(String key) {
        Entry entry = entries.get(key);
        return entry != null && entry.type() == GgufValueType.ARRAY;
    }

    public String string(String key) {
        return findString(key).orElseThrow(() -> missing(key, "a string"));
    }

    public Optional<String> findString(String key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            return Optional.empty();
        }
        if (entry.type() != GgufValueType.STRING) {
            throw wrongType(key, entry, "a string");
        }
        return Optional.of(GgufCursor.decode(file, bytes, entry.offset(), (int) entry.bytes(), "the value of", key));
    }

    /** An integer of any width in {@code min..max}. */
    public long integer(String key, long min, long max) {
        return findInteger(key, min, max).orElseThrow(() -> missing(key, "an integer"));
    }

    public OptionalLong findInteger(String key, long min, long max) {
        Entry entry = entries.get(key);
        if (entry == null) {
            return OptionalLong.empty();
        }
        if (!entry.type().isInteger()) {
            throw wrongType(key, entry, "an integer");
        }
        GgufCursor cursor = new GgufCursor(file, bytes, entry.offset());
        long value = integer(cursor, entry.type());
        boolean huge = entry.type() == GgufValueType.U64 && value < 0;
        if (huge || value < min || value > max) {
            String found = huge ? Long.toUnsignedString(value) : Long.toString(value);
            throw fault(key, quoted(key) + " is " + found, "a value from " + min + " to " + max, CONVERT_AGAIN);
        }
        return OptionalLong.of(value);
    }

    /** As {@link #findInteger}, but empty too when the value is none or outside the range: for what can be done without. */
    public OptionalLong usableInteger(String key, long min, long max) {
        Entry entry = entries.get(key);
        if (entry == null || !entry.type().isInteger()) {
            return OptionalLong.empty();
        }
        long value = integer(new GgufCursor(file, bytes, entry.offset()), entry.type());
        boolean huge = entry.type() == GgufValueType.U64 && value < 0;
        return huge || value < min || value > max ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** A finite number, stored as real or integer. */
    public double real(String key) {
        return findReal(key).orElseThrow(() -> missing(key, "a number"));
    }

    public OptionalDouble findReal(String key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            return OptionalDouble.empty();
        }
        if (!entry.type().isReal() && !entry.type().isInteger()) {
            throw wrongType(key, entry, "a number");
        }
        double value = number(new GgufCursor(file, bytes, entry.offset()), entry.type());
        if (!Double.isFinite(value)) {
            throw fault(key, quoted(key) + " is " + value, "a finite number", CONVERT_AGAIN);
        }
        return OptionalDouble.of(value);
    }

    /** A boolean, or {@code absent} when the key is not there. */
    public boolean bool(String key, boolean absent) {
        Entry entry = entries.get(key);
        if (entry == null) {
            return absent;
        }
        if (entry.type() != GgufValueType.BOOL) {
            throw wrongType(key, entry, "a bool");
        }
        return new GgufCursor(file, bytes, entry.offset()).u8("the value of", key) != 0;
    }

    /** An array of strings as a view of the file: an element is decoded each time it is asked for. */
    public List<String> strings(String key) {
        Entry entry = array(key, "an array of strings");
        if (entry.element() != GgufValueType.STRING) {
            throw wrongType(key, entry, "an array of strings");
        }
        return new GgufStrings(file, key, bytes, entry);
    }

    /** An array of integers of any width (or bools, as 0 and 1) whose values fit in an int. */
    public int[] ints(String key) {
        Entry entry = array(key, "an array of integers");
        GgufValueType element = elementOf(entry);
        if (!element.isInteger() && element != GgufValueType.BOOL) {
            throw wrongType(key, entry, "an array of integers");
        }
        GgufCursor cursor = new GgufCursor(file, bytes, entry.offset());
        int[] values = new int[(int) entry.count()];
        for (int i = 0; i < values.length; i++) {
            long at = cursor.position();
            long value = element == GgufValueType.BOOL ? cursor.u8("the array", key) : integer(cursor, element);
            if (value != (int) value) {
                String found = "element " + i + " of " + quoted(key) + " is " + value;
                throw ModelFileException.in(file, found)
                        .at(at)
                        .expected("a value of 32 bits")
                        .advice(CONVERT_AGAIN);
            }
            values[i] = (int) value;
        }
        return values;
    }

    /** An array of numbers. Not checked for being finite. */
    public float[] floats(String key) {
        Entry entry = array(key, "an array of numbers");
        GgufValueType element = elementOf(entry);
        if (!element.isReal() && !element.isInteger()) {
            throw wrongType(key, entry, "an array of numbers");
        }
        GgufCursor cursor = new GgufCursor(file, bytes, entry.offset());
        float[] values = new float[(int) entry.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) number(cursor, element);
        }
        return values;
    }

    /** The value for people: scalars as they are, long strings and arrays by their size. */
    public String describe(String key) {
        Entry entry = entry(key, "a value");
        return switch (entry.type()) {
            case STRING -> {
                String text = string(key);
                yield text.length() <= 60 ? quoted(text) : quoted(text) + " (" + text.length() + " characters)";
            }
            case ARRAY -> typeOf(entry) + ", " + entry.count() + " elements";
            case BOOL -> Boolean.toString(bool(key, false));
            case U64 -> Long.toUnsignedString(integer(new GgufCursor(file, bytes, entry.offset()), entry.type()));
            case F32 -> Float.toString((float) number(new GgufCursor(file, bytes, entry.offset()), entry.type()));
            case F64 -> Double.toString(number(new GgufCursor(file, bytes, entry.offset()), entry.type()));
            case U8, I8, U16, I16, U32, I32, I64 ->
                Long.toString(integer(new GgufCursor(file, bytes, entry.offset()), entry.type()));
        };
    }

    /** A fault in the value of {@code key}, for callers who know what it means. */
    public ModelFileException fault(String key, String found, String expected, String advice) {
        Entry entry = entries.get(key);
        ModelFileException.Fault fault = ModelFileException.in(file, found).expected(expected);
        return (entry == null ? fault : fault.at(entry.offset())).advice(advice);
    }

    private static long integer(GgufCursor cursor, GgufValueType type) {
        String what = "a value";
        return switch (type) {
            case U8 -> cursor.u8(what, "");
            case I8 -> (byte) cursor.u8(what, "");
            case U16 -> cursor.u16(what, "");
            case I16 -> (short) cursor.u16(what, "");
            case U32 -> cursor.u32(what, "");
            case I32 -> (int) cursor.u32(what, "");
            case U64, I64 -> cursor.u64(what, "");
            case F32, BOOL, STRING, ARRAY, F64 -> throw new IllegalArgumentException(type + " is no integer");
        };
    }

    private static double number(GgufCursor cursor, GgufValueType type) {
        return switch (type) {
            case F32 -> Float.intBitsToFloat((int) cursor.u32("a value", ""));
            case F64 -> Double.longBitsToDouble(cursor.u64("a value", ""));
            default -> integer(cursor, type);
        };
    }

    private Entry entry(String key, String expected) {
        Entry entry = entries.get(key);
        if (entry == null) {
            throw missing(key, expected);
        }
        return entry;
    }

    private Entry array(String key, String expected) {
        Entry entry = entry(key, expected);
        if (entry.type() != GgufValueType.ARRAY) {
            throw wrongType(key, entry, expected);
        }
        return entry;
    }

    private static GgufValueType elementOf(Entry entry) {
        return entry.element() == null ? entry.type() : entry.element();
    }

    private static String typeOf(Entry entry) {
        return entry.element() == null
                ? entry.type().word()
                : "array of " + entry.element().word();
    }

    private ModelFileException missing(String key, String expected) {
        return fault(key, "there is no metadata key " + quoted(key), expected, CONVERT_AGAIN);
    }

    private ModelFileException wrongType(String key, Entry entry, String expected) {
        return fault(key, quoted(key) + " is of type " + typeOf(entry), expected, CONVERT_AGAIN);
    }
}
