package dev.tramontane.weights;

import dev.tramontane.kernels.MappedFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One GGUF file: a whole model, or a part of one as llama.cpp's llama-gguf-split writes it. Immutable; any thread.
 *
 * @param name of the file, for messages
 * @param size of the file in bytes
 * @param mapping to be closed with the part; null when somebody else holds the bytes
 */
record GgufPart(
        String name,
        long size,
        GgufParser.Header header,
        @Nullable MappedFile mapping) implements AutoCloseable {
    static final String NUMBER = "split.no";
    static final String COUNT = "split.count";
    static final String TENSORS = "split.tensors.count";

    static GgufPart open(Path path) {
        MappedFile mapping = FileMapping.open(path, "give the path of a GGUF file or the directory of a model");
        return FileMapping.own(mapping, file -> of(path.toString(), file.bytes(), file));
    }

    static GgufPart of(String name, MemorySegment bytes, @Nullable MappedFile mapping) {
        return new GgufPart(name, bytes.byteSize(), new GgufParser(name, bytes).parse(), mapping);
    }

    /** Parts of the model; 1 when the file is all of it. */
    int count() {
        return (int) Math.max(1, header.metadata().findInteger(COUNT, 0, 0xffff).orElse(1));
    }

    @Override
    public void close() {
        if (mapping != null) {
            mapping.close();
        }
    }
}
