package dev.tramontane.app;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model as it is asked for, with a name before it: NAME=MODEL, or MODEL.
 *
 * @param name empty where there is none
 * @param text a path or a name
 */
record NamedText(Optional<String> name, String text) {
    /** The rest of an address may have such a sign, too. */
    private static final Pattern NAMED = Pattern.compile("([\\p{Alnum}][\\p{Alnum}._:/-]{0,199})=(.+)");

    /** What lies at the text as a path has no name before it. */
    static NamedText of(String text) {
        Matcher named = NAMED.matcher(text);
        boolean alias = named.matches() && !named.group(1).contains("://") && !exists(text);
        return alias
                ? new NamedText(Optional.of(named.group(1)), named.group(2))
                : new NamedText(Optional.empty(), text);
    }

    /** Of a list, for messages. */
    static final String LIST_RULE = "paths or names of models, separated by commas";

    /**
     * Several with commas between; what lies at the whole as a path is one.
     *
     * @throws IllegalArgumentException where nothing stands between two, or at an end
     */
    static List<NamedText> list(String text) {
        return exists(text)
                ? List.of(new NamedText(Optional.empty(), text))
                : SettingValues.parts(text).map(NamedText::some).toList();
    }

    private static NamedText some(String text) {
        if (text.isEmpty()) { // As a path it would be the working directory.
            throw new IllegalArgumentException("nothing between two commas");
        }
        return of(text);
    }

    private static boolean exists(String text) {
        try {
            return Files.exists(Path.of(text));
        } catch (InvalidPathException name) {
            return false;
        }
    }
}
