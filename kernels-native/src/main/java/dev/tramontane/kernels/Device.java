package dev.tramontane.kernels;

import java.util.OptionalLong;

/**
 * A device of a backend, by {@code tm_device_info}.
 *
 * @param index by which it is chosen
 * @param name for people
 * @param uuid what it is called for good: "GPU-..."
 * @param usable whether the backend runs on it
 * @param totalBytes of its memory
 * @param freeBytes of these when it was asked, whoever holds the others; empty before it was opened ({@link KernelLibrary#opened})
 */
public record Device(int index, String name, String uuid, boolean usable, long totalBytes, OptionalLong freeBytes) {}
