package dev.tramontane.hub;

import dev.tramontane.hub.StoredModel.StoredFile;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the store notes of a model.
 *
 * @param entry the file to open, of {@code files}; empty for the directory of them all
 * @param files every one with its SHA-256, which is its name among the blobs
 */
record ModelRecord(Reference reference, String entry, List<StoredFile> files, String licence, String revision) {
    private static final int MOST_FILES = 10_000;
    private static final long MOST_BYTES = 1L << 46;
    private static final long VERSION = 1;

    ModelRecord {
        files = List.copyOf(files);
    }

    byte[] json() {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("version", VERSION);
        object.put("name", reference.text());
        object.put("entry", entry);
        object.put("licence", licence);
        object.put("revision", revision);
        List<Object> list = new ArrayList<>();
        for (StoredFile file : files) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("path", file.path());
            one.put("sha256", file.sha256());
            one.put("bytes", file.bytes());
            list.add(one);
        }
        object.put("files", list);
        return JsonTree.bytes(object);
    }

    /**
     * Reads one, with the same mistrust as what comes from elsewhere: others may have written to the store.
     *
     * @param what it is, for messages
     */
    static ModelRecord read(byte[] json, String what) {
        return JsonDocument.read(json, what, JsonDocument.SMALL, ModelRecord::of);
    }

    private static ModelRecord of(Map<String, @Nullable Object> object) {
        if (JsonDocument.whole(object, "version", Long.MAX_VALUE) != VERSION) {
            throw new InvalidJsonException("version", "version must be " + VERSION + ", of this program");
        }
        List<StoredFile> files = new ArrayList<>();
        for (Map<String, @Nullable Object> file : JsonDocument.objects(object, "files", MOST_FILES)) {
            String path = JsonDocument.string(file, "path");
            String sum = JsonDocument.string(file, "sha256");
            if (!SafePath.isSafe(path) || !Digest.isSha256(sum)) {
                throw new InvalidJsonException("files", "files must have paths that lead down, and SHA-256 sums");
            }
            files.add(new StoredFile(path, JsonDocument.whole(file, "bytes", MOST_BYTES), sum));
        }
        String entry = JsonDocument.string(object, "entry");
        if (files.isEmpty()
                || (!entry.isEmpty()
                        && files.stream().noneMatch(file -> file.path().equals(entry)))) {
            throw new InvalidJsonException("entry", "entry must be one of the files");
        }
        return new ModelRecord(
                References.parse(JsonDocument.string(object, "name")),
                entry,
                files,
                JsonDocument.text(object, "licence"),
                JsonDocument.text(object, "revision"));
    }

    /**
     * Itself, if it will be read again as it is: any other would be in the way of every list.
     *
     * @throws HubException when it has more in it than is read
     */
    ModelRecord readable() {
        String what = "what is to be noted of " + reference.text();
        if (!read(json(), what).equals(this)) {
            throw new HubException(HubException.Kind.WRONG, what + " is read as something else");
        }
        return this;
    }

    /** Which set of files this is: changes with what lies behind any of their names. */
    String set() {
        StringBuilder all = new StringBuilder();
        files.forEach(file ->
                all.append(file.sha256()).append(' ').append(file.path()).append('\n'));
        return Digest.sha256(all.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }
}
