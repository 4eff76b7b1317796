package dev.tramontane.json;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What happens to fields that nobody takes: they are refused, or let pass and their names kept, so that the answer can
 * tell of them. One document, one thread.
 */
public final class UnknownFields {
    /** Names that are reported; of more there is only the number. */
    private static final int TOLD = 16;

    /** Bytes of a name that are reported. */
    private static final int NAME_BYTES = 64;

    private final boolean ignored;
    private final List<String> names = new ArrayList<>();
    private int more;

    private UnknownFields(boolean ignored) {
        this.ignored = ignored;
    }

    public static UnknownFields refused() {
        return new UnknownFields(false);
    }

    public static UnknownFields ignored() {
        return new UnknownFields(true);
    }

    public static UnknownFields of(boolean ignored) {
        return new UnknownFields(ignored);
    }

    /** Whether the field may be passed over, which is then remembered. */
    boolean pass(String path) {
        if (ignored && names.size() < TOLD) {
            names.add(reported(path));
        } else if (ignored) {
            more++;
        }
        return ignored;
    }

    /** Names of what was passed over: at most 16 and then, as in "+3", how many more. They are of printable ASCII. */
    public List<String> names() {
        List<String> all = new ArrayList<>(names);
        if (more > 0) {
            all.add("+" + more);
        }
        return all;
    }

    /** Percent signs before bytes that have no place in a header or would separate names there. */
    private static String reported(String path) {
        StringBuilder safe = new StringBuilder();
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < Math.min(bytes.length, NAME_BYTES); i++) {
            int c = bytes[i] & 0xff;
            boolean plain = c > ' ' && c < 0x7f && c != ',' && c != '%' && c != '"';
            safe.append(plain ? String.valueOf((char) c) : String.format(Locale.ROOT, "%%%02X", c));
        }
        return bytes.length > NAME_BYTES ? safe.append("...").toString() : safe.toString();
    }
}
