package dev.tramontane.app;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A setting as an option of a command line, for picocli. */
final class SettingOption {
    private static final String ON = "on";

    /** What a switch may be said to be. */
    private static final List<String> SWITCH_WORDS = List.of(ON, "off", "true", "false", "yes", "no", "1", "0");

    private final Setting setting;

    SettingOption(Setting setting) {
        this.setting = setting;
    }

    /** The flag with its help. */
    OptionSpec spec() {
        String tail = setting.standard()
                .map(standard -> " Default: " + standard + ". ")
                .orElse(" ");
        return OptionSpec.builder(setting.flag())
                .paramLabel(setting.label())
                .type(String.class)
                .arity(isSwitch() ? "0..1" : "1")
                .fallbackValue(ON) // Where a value may be left out.
                .preprocessor(isSwitch() ? this::alone : null)
                // picocli formats descriptions, so a percent sign would have to be doubled.
                .description(setting.help() + tail + "Example: " + setting.flag() + " " + setting.example())
                .build();
    }

    private boolean isSwitch() {
        return setting.label().startsWith("on|off");
    }

    /** A switch is alone where what stands behind it can be none of its values: then it is the command's own. */
    private boolean alone(Stack<String> rest, CommandSpec command, ArgSpec option, Map<String, Object> info) {
        boolean attached = info.get("separator") instanceof String separator && !separator.isBlank();
        boolean port = setting.label().endsWith("PORT")
                && !rest.isEmpty()
                && rest.peek().matches("[0-9]+");
        boolean said = rest.isEmpty() || SWITCH_WORDS.contains(rest.peek().toLowerCase(Locale.ROOT));
        if (attached || said || port || command.positionalParameters().isEmpty()) {
            return false;
        }
        option.setValue(ON);
        return true;
    }
}
