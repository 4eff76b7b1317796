package dev.tramontane.app;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where what was computed outlives the process.
 *
 * @param directory of snapshot files; empty for none
 * @param bytes that they may have together
 */
record SnapshotChoice(Optional<Path> directory, long bytes) {
    /** Part of the bytes for answers, which are small. */
    private static final int ANSWERS = 8;

    static SnapshotChoice of(SettingValues values) {
        return new SnapshotChoice(
                values.path(Setting.SNAPSHOT_DIR),
                values.size(Setting.SNAPSHOT_BYTES).orElseThrow());
    }

    /** Where answers are that a process could not finish, or keeps. */
    Optional<Path> answers() {
        return directory.map(path -> path.resolve("answers"));
    }

    long answerBytes() {
        return bytes / ANSWERS;
    }

    long pageBytes() {
        return bytes - answerBytes();
    }
}
