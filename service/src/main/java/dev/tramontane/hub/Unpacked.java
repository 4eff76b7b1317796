package dev.tramontane.hub;

import dev.tramontane.hub.HubException.Kind;
import dev.tramontane.hub.StoredModel.StoredFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * An archive's files, which lie in a directory under numbers: names that others gave are no paths here.
 *
 * @param entry what to open of the model; empty for the directory
 * @param files in the order of their numbers, from 0
 */
record Unpacked(String entry, List<StoredFile> files) {
    private static final Set<String> CONFIGS = Set.of("params.json", "config.json");

    /**
     * The model that they are.
     *
     * @param files as the archive names them
     * @param what the archive is called in messages: "the tar file x.tar"
     * @throws HubException when they are none
     */
    static Unpacked of(List<StoredFile> files, String what) {
        List<StoredFile> shorter = withoutTop(files);
        return new Unpacked(entry(shorter, what), shorter);
    }

    /** Where a member's bytes are. */
    static Path member(Path directory, int number) {
        return directory.resolve("member-" + number);
    }

    /** A folder in which everything lies is none of the model's. */
    private static List<StoredFile> withoutTop(List<StoredFile> files) {
        String first = files.stream()
                .map(StoredFile::path)
                .filter(path -> !isBeside(path))
                .findFirst()
                .orElse("");
        String top = first.substring(0, first.indexOf('/') + 1);
        if (top.isEmpty() || !files.stream().allMatch(file -> file.path().startsWith(top) || isBeside(file.path()))) {
            return files;
        }
        return files.stream()
                .map(file -> file.path().startsWith(top)
                        ? new StoredFile(file.path().substring(top.length()), file.bytes(), file.sha256())
                        : file)
                .toList();
    }

    /** What macOS puts into archives beside the files: their attributes, as AppleDouble (RFC 1740). */
    private static boolean isBeside(String path) {
        return path.startsWith("__MACOSX/")
                || path.substring(path.lastIndexOf('/') + 1).startsWith("._");
    }

    private static String entry(List<StoredFile> files, String what) {
        if (files.stream().anyMatch(file -> CONFIGS.contains(file.path()))) {
            return "";
        }
        return files.stream()
                .map(StoredFile::path)
                .filter(path -> path.endsWith(".gguf") && !isBeside(path))
                .min(String::compareTo)
                .orElseThrow(() -> new HubException(
                        Kind.WRONG, what + " holds no model: neither params.json nor config.json nor a GGUF file"));
    }
}
