package dev.tramontane.kernels;

/**
 * A device of a backend, by {@code tm_device_info}.
 *
 * @param index by which it is chosen
 * @param name for people
 * @param uuid what it is called for good: "GPU-..."
 * @param usable whether the backend runs on it
 * @param totalBytes of its memory
 * @param freeBytes of these now, whoever holds the others
 */
public record Device(int index, String name, String uuid, boolean usable, long totalBytes, long freeBytes) {}
