package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The safetensors files of a model: one file, or several with an index that is checked against them both ways. Tensors
 * refer to the mapped files and are valid until {@link #close}. Immutable; any thread.
 *
 * <p>Symbolic links are followed, since Hugging Face's cache consists of them: what they lead to is checked as any file
 * is.
 */
public final class SafetensorsSet implements AutoCloseable {
    private final String name;
    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();

    private SafetensorsSet(String name, List<SafetensorsFile> files) {
        this.name = name;
        this.files = files;
    }

    /** Whether the directory has weights called {@code stem}, or what says that it should have them. */
    public static boolean isPresent(Path directory, String stem) {
        return isThere(single(directory, stem)) || isThere(indexed(directory, stem));
    }

    /**
     * Opens the weights of a directory that are called {@code stem}: the one file {@code stem.safetensors}, else those
     * that {@code stem.safetensors.index.json} names. Hugging Face's are called "model", Mistral's own "consolidated".
     *
     * @throws ModelFileException when there are none, or they are not sound
     */
    public static SafetensorsSet open(Path directory, String stem) {
        Path single = single(directory, stem);
        Path index = indexed(directory, stem);
        if (isThere(single)) {
            SafetensorsSet set = new SafetensorsSet(single.toString(), List.of(SafetensorsFile.open(single)));
            set.files.getFirst().tensors().forEach(tensor -> set.tensors.put(tensor.name(), tensor));
            return set;
        }
        if (!isThere(index)) {
            throw ForeignDirectory.describe(directory);
        }
        SafetensorsSet set = new SafetensorsSet(index.toString(), new ArrayList<>());
        try {
            set.join(directory, SafetensorsIndex.open(index));
            return set;
        } catch (RuntimeException | Error failure) {
            set.close();
            throw failure;
        }
    }

    private static Path single(Path directory, String stem) {
        return directory.resolve(stem + ".safetensors");
    }

    private static Path indexed(Path directory, String stem) {
        return directory.resolve(stem + ".safetensors.index.json");
    }

    /** A link counts even when it leads nowhere: opening it says so. */
    private static boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private void join(Path directory, SafetensorsIndex index) {
        for (String shard : index.files()) {
            Path path = directory.resolve(shard);
            if (!isThere(path)) {
                throw new ModelFileException(
                        index.name(),
                        -1,
                        "the file " + quoted(shard) + " of the index is not there",
                        index.files().size() + " files beside it",
                        "download the missing files as well");
            }
            SafetensorsFile file = SafetensorsFile.open(path);
            files.add(file);
            for (SafetensorsTensor tensor : file.tensors()) {
                join(index, shard, tensor);
            }
        }
        for (Map.Entry<String, String> entry : index.fileOf().entrySet()) {
            if (!tensors.containsKey(entry.getKey())) {
                String found = "the index puts tensor " + quoted(entry.getKey()) + " into " + quoted(entry.getValue())
                        + ", which does not hold it";
                throw mismatch(index.name(), -1, found);
            }
        }
    }

    private void join(SafetensorsIndex index, String shard, SafetensorsTensor tensor) {
        String expected = index.fileOf().get(tensor.name());
        if (!shard.equals(expected)) {
            String found = "the file holds tensor " + quoted(tensor.name()) + ", which the index "
                    + (expected == null ? "does not name" : "puts into " + quoted(expected));
            throw mismatch(tensor.file(), tensor.offset(), found);
        }
        tensors.put(tensor.name(), tensor);
    }

    private static ModelFileException mismatch(String file, long offset, String found) {
        return new ModelFileException(
                file,
                offset,
                found,
                "an index and files of the same model",
                "download the index and all files from one place");
    }

    /** The one file, or the index, as the user named it. */
    public String name() {
        return name;
    }

    /** The files, in the order of their names. */
    public List<WeightFile> files() {
        return files.stream()
                .map(file -> new WeightFile(Path.of(file.name()), file.size()))
                .toList();
    }

    /** All tensors, file by file in the order of their data. */
    public Collection<SafetensorsTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    public Optional<SafetensorsTensor> find(String tensor) {
        return Optional.ofNullable(tensors.get(tensor));
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }
}
