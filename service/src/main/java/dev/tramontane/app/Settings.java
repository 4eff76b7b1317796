package dev.tramontane.app;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What was set where: a flag wins over an environment variable, that over the settings file, that over the default.
 * Every complaint names the flag and where its value came from.
 */
final class Settings {

    /** @param source where it was set, for people; empty for a flag */
    private record Value(String text, String source) {}

    private final Map<Setting, Value> values = new EnumMap<>(Setting.class);

    private Settings() {}

    /**
     * @param flags given on the command line
     * @param environment the process's variables; only those of settings are looked at
     * @param file keys of the settings file
     * @param fileName its name, for messages
     */
    static Settings of(
            Map<Setting, String> flags, Map<String, String> environment, Map<Setting, String> file, String fileName) {
        Settings settings = new Settings();
        for (Setting setting : Setting.values()) {
            String flag = flags.get(setting);
            String variable = environment.get(setting.variable());
            String key = file.get(setting);
            if (flag != null) {
                settings.values.put(setting, new Value(flag, ""));
            } else if (variable != null && !variable.isEmpty()) {
                settings.values.put(setting, new Value(variable, setting.variable()));
            } else if (key != null) {
                settings.values.put(setting, new Value(key, setting.key() + " in " + fileName));
            }
        }
        return settings;
    }

    /** The text that was set, or the default, or nothing. */
    Optional<String> text(Setting setting) {
        Value value = values.get(setting);
        return value == null ? setting.standard() : Optional.of(value.text());
    }

    /**
     * The value as something else.
     *
     * @param rule what it must be, as in "0 to 65535"
     * @param parse throws an IllegalArgumentException for text that is none
     * @throws UsageException naming flag, source, rule and what was given
     */
    <T> Optional<T> parsed(Setting setting, String rule, Function<String, T> parse, Predicate<T> holds) {
        return text(setting).map(text -> {
            T value;
            try {
                value = parse.apply(text.strip());
            } catch (IllegalArgumentException malformed) {
                throw new UsageException(complaint(setting, rule), malformed);
            }
            if (!holds.test(value)) {
                throw new UsageException(complaint(setting, rule));
            }
            return value;
        });
    }

    /** The flag and where its value came from: "--port (from TRAMONTANE_PORT)". */
    String name(Setting setting) {
        Value value = values.get(setting);
        return value == null || value.source().isEmpty()
                ? setting.flag()
                : setting.flag() + " (from " + value.source() + ")";
    }

    private String complaint(Setting setting, String rule) {
        String text = text(setting).orElse("");
        String message = name(setting) + " must be " + rule + ", got " + (text.isBlank() ? "nothing" : printable(text));
        // A Service called "tramontane" makes Kubernetes set TRAMONTANE_PORT=tcp://10.0.0.1:8080 in its pods.
        return text.startsWith("tcp://")
                ? message + "; Kubernetes sets this for a Service called tramontane: set enableServiceLinks: false in"
                        + " the pod's spec"
                : message;
    }

    private static String printable(String text) {
        String shown = text.length() > 80 ? text.substring(0, 77) + "..." : text;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }
}
