package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.kernels.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An opened GGUF file: metadata and tensors, all of it checked, nothing of it copied. Tensors and metadata refer to the
 * mapped file and are valid until {@link #close}. Immutable; any thread.
 *
 * <p>The file must not be changed or cut while it is open: a touched page that is gone ends in an InternalError in Java
 * code and in SIGBUS in native code.
 */
public final class GgufFile implements AutoCloseable {
    private final String name;
    private final long size;
    private final GgufParser.Header header;
    private final @Nullable MappedFile mapping;

    private GgufFile(String name, long size, GgufParser.Header header, @Nullable MappedFile mapping) {
        this.name = name;
        this.size = size;
        this.header = header;
        this.mapping = mapping;
    }

    /**
     * Maps and checks a file.
     *
     * @throws ModelFileException when it cannot be read or is not a sound GGUF file
     */
    public static GgufFile open(Path path) {
        MappedFile mapping;
        try {
            mapping = MappedFile.open(path);
        } catch (IOException unreadable) {
            String reason = String.valueOf(unreadable.getMessage());
            String prefix = "cannot map " + path + ": ";
            throw new ModelFileException(
                    path.toString(),
                    -1,
                    reason.startsWith(prefix) ? reason.substring(prefix.length()) : reason,
                    "",
                    "give the path of a GGUF file",
                    unreadable);
        }
        try {
            GgufParser.Header header = new GgufParser(path.toString(), mapping.bytes()).parse();
            return new GgufFile(path.toString(), mapping.size(), header, mapping);
        } catch (InternalError gone) {
            mapping.close();
            throw new ModelFileException(
                    path.toString(), -1, "the file was changed while it was read", "", "leave it as it is", gone);
        } catch (RuntimeException | Error failure) {
            mapping.close();
            throw failure;
        }
    }

    /** Checks bytes that somebody else holds. {@code name} is for messages. */
    public static GgufFile of(String name, MemorySegment bytes) {
        return new GgufFile(name, bytes.byteSize(), new GgufParser(name, bytes).parse(), null);
    }

    /** The file as the user named it. */
    public String name() {
        return name;
    }

    /** Bytes of the whole file. */
    public long size() {
        return size;
    }

    /** Version of the format: 2 or 3. */
    public int version() {
        return header.version();
    }

    /** Alignment of tensors in bytes, a power of two. */
    public int alignment() {
        return header.alignment();
    }

    /** Where the tensors' data begins. */
    public long dataOffset() {
        return header.dataOffset();
    }

    public GgufMetadata metadata() {
        return header.metadata();
    }

    /** All tensors in the order of the file. */
    public Collection<GgufTensor> tensors() {
        return Collections.unmodifiableCollection(header.tensors().values());
    }

    public Optional<GgufTensor> find(String tensor) {
        return Optional.ofNullable(header.tensors().get(tensor));
    }

    /** The tensor called {@code tensor}, which a complete model has. */
    public GgufTensor tensor(String tensor) {
        return find(tensor)
                .orElseThrow(() -> new ModelFileException(
                        name,
                        -1,
                        "there is no tensor " + quoted(tensor),
                        "",
                        "the file is not a whole model of this architecture: take another file of it"));
    }

    /** Tensors by type. */
    public Map<GgmlType, Integer> histogram() {
        Map<GgmlType, Integer> counts = new EnumMap<>(GgmlType.class);
        tensors().forEach(tensor -> counts.merge(tensor.type(), 1, Integer::sum));
        return counts;
    }

    /**
     * Checks that the file can be run and not only be read: that it is whole, not one part of several, and that the
     * kernels compute with every type in it.
     *
     * @throws ModelFileException naming the first fault
     */
    public void checkRunnable() {
        long parts = metadata().findInteger("split.count", 0, Integer.MAX_VALUE).orElse(1);
        if (parts > 1) {
            throw metadata()
                    .fault(
                            "split.count",
                            "this is one of " + parts + " parts of a model",
                            "the whole model in one file",
                            "join them with llama.cpp's llama-gguf-split --merge");
        }
        for (GgufTensor tensor : tensors()) {
            if (!tensor.type().computed()) {
                throw new ModelFileException(
                        name,
                        tensor.offset(),
                        "tensor " + quoted(tensor.name()) + " is " + tensor.type()
                                + ", which this version does not compute",
                        "one of " + GgmlType.computedNames(),
                        "take another quantisation of the model, Q4_K_M or Q8_0 for instance");
            }
        }
    }

    @Override
    public void close() {
        if (mapping != null) {
            mapping.close();
        }
    }
}
