package dev.tramontane.weights;

import dev.tramontane.kernels.MappedFile;
import dev.tramontane.kernels.NativeCopies;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An opened safetensors file: its tensors, all of the header checked, nothing of the data touched. Tensors refer to the
 * mapped file and are valid until {@link #close}. Immutable; any thread.
 *
 * <p>The file must not be changed or cut while it is open, as with {@link GgufFile}.
 */
public final class SafetensorsFile implements AutoCloseable {
    private final String name;
    private final long size;
    private final Map<String, String> metadata;
    private final Map<String, SafetensorsTensor> tensors;
    private final NativeCopies copies;
    private final @Nullable MappedFile mapping;

    private SafetensorsFile(String name, MemorySegment bytes, @Nullable MappedFile mapping) {
        SafetensorsParser.Header header = new SafetensorsParser(name, bytes).parse();
        this.name = name;
        this.size = bytes.byteSize();
        this.mapping = mapping;
        this.metadata = Collections.unmodifiableMap(header.metadata());
        this.tensors = LinkedHashMap.newLinkedHashMap(header.tensors().size());
        this.copies = new NativeCopies();
        for (SafetensorsParser.Declared tensor : header.tensors()) {
            long offset = header.dataOffset() + tensor.begin();
            MemorySegment data =
                    bytes.asSlice(offset, tensor.end() - tensor.begin()).asReadOnly();
            boolean aligned = !data.isNative() || data.address() % tensor.type().alignment() == 0;
            tensors.put(
                    tensor.name(),
                    new SafetensorsTensor(
                            tensor.name(), tensor.type(), tensor.shape(), offset, name, data, aligned ? null : copies));
        }
    }

    /**
     * Maps and checks a file.
     *
     * @throws ModelFileException when it cannot be read or is not a sound safetensors file
     */
    public static SafetensorsFile open(Path path) {
        MappedFile mapping = FileMapping.open(path, "give the path of a safetensors file");
        return FileMapping.own(mapping, file -> new SafetensorsFile(path.toString(), file.bytes(), file));
    }

    /** Checks bytes that somebody else holds. {@code name} is for messages. */
    public static SafetensorsFile of(String name, MemorySegment bytes) {
        return new SafetensorsFile(name, bytes, null);
    }

    /** The file as the user named it. */
    public String name() {
        return name;
    }

    /** Bytes of the whole file. */
    public long size() {
        return size;
    }

    /** What {@code __metadata__} holds: {@code format}, as a rule. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** All tensors in the order of their data. */
    public List<SafetensorsTensor> tensors() {
        return Collections.unmodifiableList(new ArrayList<>(tensors.values()));
    }

    public Optional<SafetensorsTensor> find(String tensor) {
        return Optional.ofNullable(tensors.get(tensor));
    }

    @Override
    public void close() {
        copies.close();
        if (mapping != null) {
            mapping.close();
        }
    }
}
