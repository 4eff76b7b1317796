package dev.tramontane.weights;

import dev.tramontane.kernels.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.function.Function;

/** Maps files and turns what can go wrong into a {@link ModelFileException}. */
final class FileMapping {
    private FileMapping() {}

    /** @param advice what to do when it cannot be mapped */
    static MappedFile open(Path path, String advice) {
        try {
            return MappedFile.open(path);
        } catch (IOException unreadable) {
            String reason = String.valueOf(unreadable.getMessage());
            String prefix = "cannot map " + path + ": ";
            throw ModelFileException.in(
                            path.toString(),
                            isDanglingLink(path)
                                    ? "the link leads to a file that is not there"
                                    : reason.startsWith(prefix) ? reason.substring(prefix.length()) : reason)
                    .cause(unreadable)
                    .advice(advice);
        }
    }

    /** Reads a mapping into an object that owns it; when that fails the mapping is closed. */
    static <T> T own(MappedFile mapping, Function<MappedFile, T> reader) {
        try {
            return reader.apply(mapping);
        } catch (InternalError gone) {
            mapping.close();
            throw ModelFileException.in(mapping.path().toString(), "the file was changed while it was read")
                    .cause(gone)
                    .advice("leave it as it is");
        } catch (RuntimeException | Error failure) {
            mapping.close();
            throw failure;
        }
    }

    private static boolean isDanglingLink(Path path) {
        return Files.isSymbolicLink(path) && Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.exists(path);
    }
}
