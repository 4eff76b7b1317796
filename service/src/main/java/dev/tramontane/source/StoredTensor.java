package dev.tramontane.source;

import dev.tramontane.weights.WeightTensor;
import java.util.List;

/**
 * A tensor as a file stores it.
 *
 * @param name as in the file
 * @param type element type by its name in the file's format
 * @param computed whether the kernels compute with the type
 * @param dims as in the file: the fastest first in GGUF, last in safetensors
 * @param elements product of the dimensions
 * @param bytes of the data
 * @param file that holds it
 * @param offset of the data in the file
 */
public record StoredTensor(
        String name,
        String type,
        boolean computed,
        List<Long> dims,
        long elements,
        long bytes,
        String file,
        long offset) {
    public StoredTensor {
        dims = List.copyOf(dims);
    }

    static StoredTensor of(WeightTensor tensor, String type, boolean computed, List<Long> dims) {
        return new StoredTensor(
                tensor.name(), type, computed, dims, tensor.elements(), tensor.bytes(), tensor.file(), tensor.offset());
    }
}
