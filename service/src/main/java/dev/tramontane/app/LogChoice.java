package dev.tramontane.app;

import java.util.List;
import java.util.Optional;

/**
 * Form and level of log lines.
 *
 * @param json one JSON object per line, else text
 * @param level least level that is logged; empty for the command's own default
 * @param access whether every request gets a line
 */
record LogChoice(boolean json, Optional<String> level, boolean access) {
    static LogChoice of(SettingValues values) {
        return new LogChoice(
                values.word(Setting.LOG_FORMAT, List.of("text", "json"))
                        .orElseThrow()
                        .equals("json"),
                values.word(Setting.LOG_LEVEL, List.of("error", "warn", "info", "debug")),
                values.on(Setting.ACCESS_LOG));
    }
}
