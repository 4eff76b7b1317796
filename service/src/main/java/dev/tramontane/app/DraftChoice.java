package dev.tramontane.app;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A model that guesses.
 *
 * @param asked as it was asked for
 * @param path where it is, once that was found out
 */
record DraftChoice(Optional<String> asked, Optional<Path> path) {
    /** None. */
    static final DraftChoice NONE = new DraftChoice(Optional.empty(), Optional.empty());

    static DraftChoice of(SettingValues values) {
        return new DraftChoice(
                values.parsed(
                        Setting.DRAFT_MODEL,
                        NamedText.LIST_RULE,
                        DraftChoice::listed,
                        text -> !text.isEmpty()
                                && text.length() <= 4096
                                && text.chars().noneMatch(Character::isISOControl)),
                Optional.empty());
    }

    /** @throws IllegalArgumentException where it is no list of models */
    private static String listed(String text) {
        NamedText.list(text);
        return text;
    }
}
