package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.SafetensorsSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** What a directory with safetensors files holds, file by file and tensor by tensor. */
final class SafetensorsFacts {
    private SafetensorsFacts() {}

    /** The files of these names that are there, then those of the weights. */
    static List<SourceFile> files(ModelDirectory directory, Collection<String> names, SafetensorsSet weights) {
        List<SourceFile> files = new ArrayList<>();
        names.stream().filter(directory::has).map(directory::file).forEach(files::add);
        weights.files().forEach(file -> files.add(new SourceFile(file.path(), file.bytes())));
        return files;
    }

    static List<StoredTensor> stored(SafetensorsSet weights) {
        return weights.tensors().stream()
                .map(tensor -> StoredTensor.of(
                        tensor, tensor.type().name(), FloatValues.type(tensor).isPresent(), tensor.shape()))
                .toList();
    }

    /** What the index says of the files that is not so. */
    static List<String> oddities(SafetensorsSet weights) {
        Set<String> names = weights.promised();
        if (names.isEmpty()) {
            return List.of();
        }
        return List.of(weights.name() + " names " + names.size() + (names.size() == 1 ? " tensor" : " tensors")
                + " that no file holds and the model does not need, such as "
                + quoted(names.iterator().next()));
    }
}
