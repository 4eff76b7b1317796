package dev.tramontane.hub;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What stands before a tar file's member and changes its name or size: records of pax, and GNU's long names. */
final class TarAttributes {
    /** Bytes of them; a path of a model has some tens. */
    static final int MOST = 1 << 16;

    private @Nullable String path;
    private long size = -1;

    String name(String otherwise) {
        return path == null ? otherwise : path;
    }

    long size(long otherwise) {
        return size < 0 ? otherwise : size;
    }

    void longName(byte[] bytes, Function<String, HubException> refusal) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        path = end < 0 ? text : text.substring(0, end);
        if (path.isEmpty()) {
            throw refusal.apply("has a member without a name");
        }
    }

    /** Records "LENGTH KEY=VALUE\n", the length in bytes counting itself. */
    void pax(byte[] bytes, Function<String, HubException> refusal) {
        for (int at = 0; at < bytes.length; ) {
            int blank = at;
            while (blank < bytes.length && blank - at < 7 && bytes[blank] >= '0' && bytes[blank] <= '9') {
                blank++;
            }
            if (blank == at || blank >= bytes.length || bytes[blank] != ' ') {
                throw refusal.apply("has a pax record without its length");
            }
            int length = Integer.parseInt(new String(bytes, at, blank - at, StandardCharsets.US_ASCII));
            int end = at + length;
            if (length < blank - at + 3 || end > bytes.length || bytes[end - 1] != '\n') {
                throw refusal.apply("has a pax record of another length than it says");
            }
            String record = new String(bytes, blank + 1, end - blank - 2, StandardCharsets.UTF_8);
            int equal = record.indexOf('=');
            if (equal < 1) {
                throw refusal.apply("has a pax record without a value");
            }
            take(record.substring(0, equal), record.substring(equal + 1), refusal);
            at = end;
        }
    }

    private void take(String key, String value, Function<String, HubException> refusal) {
        switch (key) {
            case "path" -> path = value;
            case "size" -> {
                if (!value.matches("\\d{1,15}")) {
                    throw refusal.apply("has a size that is no number");
                }
                size = Long.parseLong(value);
            }
            default -> {
                if (key.startsWith("GNU.sparse")) {
                    throw refusal.apply("has a file with holes in it, which is not unpacked");
                }
            }
        }
    }
}
