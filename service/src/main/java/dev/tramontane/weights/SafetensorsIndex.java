package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.DAMAGED;
import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonStream;
import dev.tramontane.kernels.MappedFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The index of a model in several safetensors files ({@code model.safetensors.index.json}): which file holds which
 * tensor. File names in it are names in its own directory and nothing else.
 */
final class SafetensorsIndex {
    /** Mixtral 8x22B has 1,700 tensors in 59 files. */
    static final int MAX_TENSORS = 131_072;

    static final int MAX_FILES = 4096;

    private static final int MAX_NAME_BYTES = 255;
    private static final JsonLimits LIMITS = new JsonLimits(
            64 << 20,
            8,
            SafetensorsParser.MAX_NAME_CHARACTERS,
            SafetensorsParser.MAX_NAME_CHARACTERS,
            MAX_TENSORS + 64);

    private final String name;
    private final Map<String, String> fileOf = new LinkedHashMap<>();
    private final SortedSet<String> files = new TreeSet<>();
    private boolean mapped;

    private SafetensorsIndex(String name) {
        this.name = name;
    }

    /** Reads and checks an index. */
    static SafetensorsIndex open(Path path) {
        try (MappedFile file = FileMapping.open(path, "download the model again, with all its files")) {
            return FileMapping.own(file, mapping -> of(path.toString(), mapping.bytes()));
        }
    }

    /** As {@link #open}, of bytes that somebody else holds. */
    static SafetensorsIndex of(String name, MemorySegment bytes) {
        ForeignFile.recognise(name, bytes, ForeignFile.INDEX).ifPresent(foreign -> {
            throw foreign;
        });
        try (JsonStream json = JsonStream.open(bytes, "the index", LIMITS)) {
            SafetensorsIndex index = new SafetensorsIndex(name);
            index.read(json);
            json.end();
            return index;
        } catch (InvalidJsonException invalid) {
            throw ModelFileException.in(name, invalid.reason())
                    .at(invalid.offset())
                    .cause(invalid)
                    .advice(DAMAGED);
        }
    }

    /** The index file as the user named it. */
    String name() {
        return name;
    }

    /** File names by tensor, in the order of the index. */
    Map<String, String> fileOf() {
        return Collections.unmodifiableMap(fileOf);
    }

    /** The file names, sorted. */
    SortedSet<String> files() {
        return Collections.unmodifiableSortedSet(files);
    }

    private void read(JsonStream json) {
        json.enterObject();
        for (String field = json.nextName(); field != null; field = json.nextName()) {
            if (field.equals("weight_map")) {
                mapped = true;
                readMap(json);
            }
        }
        if (!mapped || files.isEmpty()) {
            throw json.fault(mapped ? "the weight_map is empty" : "there is no weight_map");
        }
    }

    private void readMap(JsonStream json) {
        Map<String, String> known = new HashMap<>(); // One string for each file, however often it is named.
        json.enterObject();
        for (String tensor = json.nextName(); tensor != null; tensor = json.nextName()) {
            String file = json.string();
            String same = known.get(file);
            if (same == null) {
                check(json, tensor, file);
                known.put(file, file);
                files.add(file);
                same = file;
            }
            fileOf.put(tensor, same);
        }
    }

    private void check(JsonStream json, String tensor, String file) {
        String found = "the file of tensor " + quoted(tensor) + " is " + quoted(file);
        boolean plain = !file.isEmpty() && file.length() <= MAX_NAME_BYTES;
        for (int i = 0; i < file.length(); i++) {
            char c = file.charAt(i);
            plain &= c > ' ' && c != 0x7f && c != '/' && c != '\\' && c != ':';
        }
        if (!plain || file.startsWith(".")) {
            throw json.fault(found + ", expected a file name without a path");
        }
        if (!file.endsWith(".safetensors")) {
            throw json.fault(found + ", expected a .safetensors file");
        }
        if (files.size() == MAX_FILES) {
            throw json.fault("the index names more than " + MAX_FILES + " files");
        }
    }
}
