package dev.tramontane.app;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Several models.
 *
 * @param more than the one of {@link ModelChoice}, as they were asked for
 * @param load names of those that are loaded at start; empty for the first
 * @param keepAlive how long one stays that nobody asks for; negative for as long as there is room
 * @param memory bytes that those may have together which are loaded at a time
 * @param patience how long a request waits for its model
 * @param models how many share the memory for caches: 1 but where several are or may be served
 */
record RegistryChoice(
        List<String> more,
        Optional<List<String>> load,
        Optional<Duration> keepAlive,
        OptionalLong memory,
        Duration patience,
        int models) {
    /** In place of names of models. */
    static final String ALL = "all";

    static final String NONE = "none";

    static RegistryChoice of(SettingValues values) {
        Predicate<String> named =
                text -> !text.isEmpty() && text.length() <= 4096 && text.chars().noneMatch(Character::isISOControl);
        return new RegistryChoice(
                values.words(Setting.MODELS, NamedText.LIST_RULE, named).orElse(List.of()),
                values.words(Setting.LOAD, "names of models, separated by commas, or all or none", named),
                values.parsed(
                        Setting.KEEP_ALIVE,
                        Units.TIME_RULE + ", at most 8760h, or forever",
                        text -> text.equals("forever") ? Duration.ofMillis(-1) : Units.time(text),
                        time -> time.compareTo(Duration.ofDays(365)) <= 0),
                values.size(Setting.MODEL_MEMORY),
                values.time(Setting.LOAD_WAIT, "1s to 24h", Duration.ofSeconds(1), Duration.ofHours(24)),
                1);
    }
}
