package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Places in a schema. */
final class JsonPointer {
    /** So that a message stays readable. */
    private static final int MOST_SHOWN = 200;

    private JsonPointer() {}

    static String join(String pointer, String name) {
        return pointer + "/" + name.replace("~", "~0").replace("/", "~1");
    }

    static Shape.Part child(String pointer, Map<?, ?> of, String name) {
        return part(join(pointer, name), of.get(name));
    }

    static Shape.Part element(String pointer, List<?> of, int index) {
        return part(pointer + "/" + index, of.get(index));
    }

    private static Shape.Part part(String pointer, @Nullable Object schema) {
        if (schema == null) {
            throw new StructureException(shown(pointer), "a schema is an object, true or false");
        }
        return new Shape.Part(pointer, schema);
    }

    static String shown(String pointer) {
        return pointer.length() <= MOST_SHOWN ? pointer : pointer.substring(0, MOST_SHOWN) + "...";
    }

    /** What a reference within the same schema leads to. */
    static Shape.Part resolve(Object root, String reference, String from) {
        if (!reference.startsWith("#")) {
            throw new StructureException(
                    from, "$ref " + Quoted.of(reference) + " leads out of the schema; only #/... is followed");
        }
        String path = decoded(reference.substring(1), from);
        if (!path.isEmpty() && !path.startsWith("/")) {
            throw new StructureException(from, "$ref " + Quoted.of(reference) + " is no place; only #/... is followed");
        }
        @Nullable Object at = root;
        String canonical = "";
        for (String step : path.isEmpty() ? new String[0] : path.substring(1).split("/", -1)) {
            String name = step.replace("~1", "/").replace("~0", "~");
            if (at instanceof Map<?, ?> map && map.containsKey(name)) {
                at = map.get(name);
            } else if (at instanceof List<?> list
                    && name.matches("0|[1-9][0-9]{0,6}")
                    && Integer.parseInt(name) < list.size()) {
                at = list.get(Integer.parseInt(name));
            } else {
                throw new StructureException(from, "$ref " + Quoted.of(reference) + " leads to nothing");
            }
            canonical = join(canonical, name);
        }
        return part(canonical, at);
    }

    /** Percent escapes, as in the fragment of a URI. */
    private static String decoded(String path, String from) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        int size = 0;
        for (int at = 0; at < bytes.length; at++) {
            byte value = bytes[at];
            if (value == '%') {
                int high = at + 2 < bytes.length ? Character.digit(bytes[at + 1], 16) : -1;
                int low = at + 2 < bytes.length ? Character.digit(bytes[at + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw new StructureException(from, "$ref has a % that is no escape");
                }
                value = (byte) (16 * high + low);
                at += 2;
            }
            bytes[size++] = value;
        }
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }
}
