package dev.tramontane.model;

import java.nio.file.Path;

/**
 * A file of a model.
 *
 * @param path where it lies
 * @param bytes its size
 */
public record SourceFile(Path path, long bytes) {}
