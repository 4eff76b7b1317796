package dev.tramontane.source;

import java.nio.file.Path;
import java.util.Locale;

/** What people call the model at a path. */
public final class ModelName {
    private static final String ENDING = ".gguf";

    private ModelName() {}

    /** A file's name without its ending, a directory's name, in Hugging Face's cache the name of the repository. */
    public static String of(Path path) {
        Path full = path.toAbsolutePath().normalize();
        Path snapshots = full.getParent();
        Path repository = snapshots == null ? null : snapshots.getParent();
        String cached = repository == null ? "" : String.valueOf(repository.getFileName());
        if (snapshots != null && snapshots.endsWith("snapshots") && cached.startsWith("models--")) {
            return cached.substring("models--".length()).replace("--", "/");
        }
        String name = full.getFileName() == null
                ? full.toString()
                : full.getFileName().toString();
        return name.toLowerCase(Locale.ROOT).endsWith(ENDING)
                ? name.substring(0, name.length() - ENDING.length())
                : name;
    }
}
