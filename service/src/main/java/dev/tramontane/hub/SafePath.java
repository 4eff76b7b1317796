package dev.tramontane.hub;

import java.nio.file.Path;
import java.util.Set;

/** Paths that others say: of files in repositories and archives. */
final class SafePath {
    private static final int MOST = 512;
    private static final int MOST_PARTS = 16;

    /** Characters that are not seen, or change how those beside them are. */
    private static final Set<Integer> UNSEEN = Set.of(
            (int) Character.FORMAT,
            (int) Character.LINE_SEPARATOR,
            (int) Character.PARAGRAPH_SEPARATOR,
            (int) Character.PRIVATE_USE,
            (int) Character.UNASSIGNED);

    private SafePath() {}

    /**
     * Whether it leads downwards only: parts between slashes, none of them empty or a way up, nothing in them that a file
     * system or a terminal could take for something else.
     */
    static boolean isSafe(String path) {
        if (path.isEmpty() || path.length() > MOST || path.chars().anyMatch(SafePath::isOdd)) {
            return false;
        }
        String[] parts = path.split("/", -1);
        if (parts.length > MOST_PARTS) {
            return false;
        }
        for (String part : parts) {
            if (part.isEmpty() || part.equals(".") || part.equals("..") || part.length() > 200) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOdd(int character) {
        return character < ' '
                || character == 0x7f
                || character == '\\'
                || character == ':'
                || Character.isSurrogate((char) character)
                || (character >= 0x80 && character < 0xa0)
                || UNSEEN.contains(Character.getType(character));
    }

    /** The place in a directory; where it would be outside that is a fault of ours. */
    static Path in(Path directory, String path) {
        Path place = directory.resolve(path).normalize();
        if (!isSafe(path) || !place.startsWith(directory.normalize())) {
            throw new IllegalStateException("a path that was not checked");
        }
        return place;
    }
}
