package dev.tramontane.weights;

import static dev.tramontane.weights.ModelFileException.quoted;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The safetensors files of a model: one file, or several with an index. Tensors refer to the mapped files and are valid
 * until {@link #close}. Immutable; any thread.
 *
 * <p>Indexes in the field are stale: they name tensors that no file holds, and miss some that are there. Whether that
 * matters is known to who needs a tensor, so what the index promised in vain is kept for {@link #promised}.
 *
 * <p>Symbolic links are followed, since Hugging Face's cache consists of them: what they lead to is checked as any file
 * is.
 */
public final class SafetensorsSet implements AutoCloseable {
    private final String name;
    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsTensor> tensors = new LinkedHashMap<>();

    /** The files of tensors that the index names and no file holds. */
    private final Map<String, String> promised = new LinkedHashMap<>();

    /** Of these, the files that are not there. */
    private final Set<String> absent = new LinkedHashSet<>();

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
        Map<String, String> shardOf = new HashMap<>();
        for (String shard : index.files()) {
            Path path = directory.resolve(shard);
            if (!isThere(path)) {
                absent.add(shard);
                continue;
            }
            SafetensorsFile file = SafetensorsFile.open(path);
            files.add(file);
            for (SafetensorsTensor tensor : file.tensors()) {
                join(index, shard, tensor, shardOf);
            }
        }
        index.fileOf().forEach((tensor, shard) -> {
            if (!tensors.containsKey(tensor)) {
                promised.put(tensor, shard);
            }
        });
        if (files.isEmpty()) {
            throw notThere(absent.iterator().next());
        }
    }

    /** Where two files hold a tensor, the index decides. */
    private void join(SafetensorsIndex index, String shard, SafetensorsTensor tensor, Map<String, String> shardOf) {
        String other = shardOf.get(tensor.name());
        String named = index.fileOf().get(tensor.name());
        if (other == null || shard.equals(named)) {
            tensors.put(tensor.name(), tensor);
            shardOf.put(tensor.name(), shard);
        } else if (!other.equals(named)) {
            throw mismatch(
                    tensor.file(),
                    tensor.offset(),
                    "the file holds tensor " + quoted(tensor.name()) + ", as " + quoted(other) + " does");
        }
    }

    private ModelFileException notThere(String shard) {
        return ModelFileException.in(name, "the file " + quoted(shard) + " of the index is not there")
                .expected((files.size() + absent.size()) + " files beside it")
                .advice("download the missing files as well");
    }

    private static ModelFileException mismatch(String file, long offset, String found) {
        return ModelFileException.in(file, found)
                .at(offset)
                .expected("an index and files of the same model")
                .advice("download the index and all files from one place");
    }

    /** What to say of a tensor that is needed and not there, where the index names it: its file is missing, or lacks it. */
    public Optional<ModelFileException> promised(String tensor) {
        String shard = promised.get(tensor);
        if (shard == null) {
            return Optional.empty();
        }
        return Optional.of(
                absent.contains(shard)
                        ? notThere(shard)
                        : mismatch(
                                name,
                                -1,
                                "the index puts tensor " + quoted(tensor) + " into " + quoted(shard)
                                        + ", which does not hold it"));
    }

    /** Whether the tensor lies in a file that the index names and that is not there, so that nobody knows of it. */
    public boolean isInAbsentFile(String tensor) {
        String shard = promised.get(tensor);
        return shard != null && absent.contains(shard);
    }

    /** Names of the tensors that the index promises in vain, in its order. */
    public Set<String> promised() {
        return Collections.unmodifiableSet(promised.keySet());
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
