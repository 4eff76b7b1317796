package dev.tramontane.weights;

import java.nio.file.Path;

/**
 * One of the files that hold a model's weights.
 *
 * @param path as messages name it
 * @param bytes its size when it was opened
 */
public record WeightFile(Path path, long bytes) {}
