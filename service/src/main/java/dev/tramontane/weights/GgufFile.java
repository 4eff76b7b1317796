package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An opened GGUF model: metadata and tensors, all of it checked, nothing of it copied. It may lie in several files as
 * llama.cpp splits them, which looks the same from here. Tensors and metadata refer to the mapped files and are valid
 * until {@link #close}. Immutable; any thread.
 *
 * <p>The files must not be changed or cut while they are open: a touched page that is gone ends in an InternalError in
 * Java code and in SIGBUS in native code.
 */
public final class GgufFile implements AutoCloseable {
    private final String name;
    private final List<GgufPart> parts;
    private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();

    private GgufFile(String name, List<GgufPart> parts) {
        this.name = name;
        this.parts = parts;
        for (GgufPart part : parts) {
            for (GgufTensor tensor : part.header().tensors().values()) {
                GgufTensor other = tensors.put(tensor.name(), tensor);
                if (other != null) {
                    throw ModelFileException.in(
                                    tensor.file(),
                                    "tensor " + quoted(tensor.name()) + " is in " + quoted(other.file()) + " as well")
                            .at(tensor.offset())
                            .expected("each tensor in one part")
                            .advice("the parts are not of one model: download them all from one place");
                }
            }
        }
    }

    /**
     * Maps and checks a file. When it is a part of a model, all other parts are opened with it, whichever part it is.
     *
     * @throws ModelFileException when a file cannot be read, is not a sound GGUF file, or does not fit the others
     */
    public static GgufFile open(Path path) {
        GgufPart part = GgufPart.open(path);
        List<GgufPart> parts = List.of(part);
        try {
            if (part.count() > 1) {
                parts = GgufSplit.complete(path, part);
            }
            return new GgufFile(path.toString(), parts);
        } catch (RuntimeException | Error failure) {
            part.close();
            parts.forEach(GgufPart::close);
            throw failure;
        }
    }

    /** Checks bytes that somebody else holds. {@code name} is for messages. */
    public static GgufFile of(String name, MemorySegment bytes) {
        return new GgufFile(name, List.of(GgufPart.of(name, bytes, null)));
    }

    /** The file as the user named it. */
    public String name() {
        return name;
    }

    /** Bytes of all its files. */
    public long size() {
        return parts.stream().mapToLong(GgufPart::size).sum();
    }

    /** Its files: one, or all parts in their order. */
    public List<WeightFile> files() {
        return parts.stream()
                .map(part -> new WeightFile(Path.of(part.name()), part.size()))
                .toList();
    }

    /** Version of the format of the first part: 2 or 3. */
    public int version() {
        return first().version();
    }

    /** Alignment of the first part's tensors in bytes, a power of two. */
    public int alignment() {
        return first().alignment();
    }

    /** Where the data of the first part's tensors begins. */
    public long dataOffset() {
        return first().dataOffset();
    }

    /** The first part's metadata, which the others do not repeat. */
    public GgufMetadata metadata() {
        return first().metadata();
    }

    private GgufParser.Header first() {
        return parts.getFirst().header();
    }

    /** All tensors in the order of the files. */
    public Collection<GgufTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    public Optional<GgufTensor> find(String tensor) {
        return Optional.ofNullable(tensors.get(tensor));
    }

    /** The tensor called {@code tensor}, which a complete model has. */
    public GgufTensor tensor(String tensor) {
        return find(tensor)
                .orElseThrow(() -> ModelFileException.in(name, "there is no tensor " + quoted(tensor))
                        .advice("the file is not a whole model of this architecture: take another file of it"));
    }

    /**
     * Checks that the model can be run and not only be read: that it is whole, and that the kernels compute with every
     * type in it.
     *
     * @throws ModelFileException naming the first fault
     */
    public void checkRunnable() {
        int count = parts.getFirst().count();
        if (parts.size() < count) {
            throw metadata()
                    .fault(
                            GgufPart.COUNT,
                            "this is one of " + count + " parts of a model",
                            "the whole model",
                            "give the path of a part that lies beside the others");
        }
        for (GgufTensor tensor : tensors()) {
            if (tensor.type().computed().isEmpty()) {
                throw ModelFileException.in(
                                tensor.file(),
                                "tensor " + quoted(tensor.name()) + " is " + tensor.type()
                                        + ", which this version does not compute")
                        .at(tensor.offset())
                        .expected("one of " + GgmlType.computedNames())
                        .advice("take another quantisation of the model, Q4_K_M or Q8_0 for instance");
            }
        }
    }

    @Override
    public void close() {
        parts.forEach(GgufPart::close);
    }
}
