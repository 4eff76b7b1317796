package dev.tramontane.kernels;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What nobody needs any more in the directory of a {@link LibraryCache}: libraries of other versions that were not used
 * for {@link #UNUSED}, and what processes left that were killed while they unpacked. A library that is loaded stays
 * usable when its name is gone, and one that is used says so by its time; so several versions can live side by side.
 */
final class OldLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(OldLibraries.class);

    /** How long a library may go unused. */
    static final Duration UNUSED = Duration.ofDays(90);

    /** Unpacking takes seconds: after this long its process is dead. */
    static final Duration UNFINISHED = Duration.ofDays(1);

    private OldLibraries() {}

    /** Notes that the library is in use, by its time of modification; not where that cannot be written. */
    static void markUsed(Path file) {
        try {
            Instant now = Instant.now();
            FileTime last = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
            if (last.toInstant().isBefore(now.minus(UNFINISHED))) {
                Files.setLastModifiedTime(file, FileTime.from(now));
            }
        } catch (IOException readOnly) {
            LOG.debug("{} cannot be marked as used", file, readOnly);
        }
    }

    /** Removes what is old, but not {@code kept}. What cannot be removed stays: it is no reason not to start. */
    static void remove(Path directory, Path kept) {
        int dot = kept.getFileName().toString().indexOf('-');
        String stem = kept.getFileName().toString().substring(0, dot + 1);
        Instant now = Instant.now();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                boolean library = name.matches("\\Q" + stem + "\\E[0-9a-f]{16}\\.\\w+") && !file.equals(kept);
                boolean unfinished =
                        name.startsWith(LibraryCache.TEMPORARY_PREFIX) && name.endsWith(LibraryCache.TEMPORARY_SUFFIX);
                Duration allowed = unfinished ? UNFINISHED : UNUSED;
                if ((library || unfinished) && modified(file).isBefore(now.minus(allowed))) {
                    Files.deleteIfExists(file);
                    LOG.info("removed {}, which nobody uses any more", file);
                }
            }
        } catch (IOException stays) {
            LOG.debug("{} cannot be cleared of old libraries", directory, stays);
        }
    }

    private static Instant modified(Path file) throws IOException {
        return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
    }
}
