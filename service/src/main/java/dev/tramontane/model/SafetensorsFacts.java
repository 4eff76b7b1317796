package dev.tramontane.model;

import dev.tramontane.weights.SafetensorsSet;
import dev.tramontane.weights.SafetensorsTensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

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
        return weights.tensors().stream().map(SafetensorsFacts::stored).toList();
    }

    private static StoredTensor stored(SafetensorsTensor tensor) {
        return new StoredTensor(
                tensor.name(),
                tensor.type().name(),
                FloatValues.type(tensor).isPresent(),
                tensor.shape(),
                tensor.elements(),
                tensor.bytes(),
                tensor.file(),
                tensor.offset());
    }
}
