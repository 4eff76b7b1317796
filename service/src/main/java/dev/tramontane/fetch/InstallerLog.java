package dev.tramontane.fetch;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What pip or uv said, as part of one line. */
final class InstallerLog {
    private static final int MAX_LINE = 240;
    private static final int MAX_LINES = 3;

    /** What stands before the cause: pip shows a tuple of Python objects. */
    private static final Pattern BROKEN =
            Pattern.compile("^.*?after connection broken by (?:.*<[^>]*object at 0x[0-9a-f]+>: )?");

    /** Of pip, and of uv, which draws a small tree. */
    private static final Pattern ERROR = Pattern.compile("(?i:error|cause|caused by)\\b|[\u00d7\u2570\u251c]");

    private InstallerLog() {}

    /** The errors; where there are none, the last line; what a connection failed of, once, before them. */
    static String shortened(String log, int status) {
        Set<String> causes = new LinkedHashSet<>();
        List<String> errors = new ArrayList<>();
        String last = "";
        for (String raw : log.lines().toList()) {
            String line = printable(raw);
            if (line.isEmpty()) {
                continue;
            }
            last = line;
            if (line.startsWith("WARNING: Retrying")) {
                causes.add(BROKEN.matcher(line).replaceFirst(""));
            } else if (ERROR.matcher(line).lookingAt()) {
                errors.add(line);
            }
        }
        List<String> shown = new ArrayList<>();
        causes.stream().limit(1).forEach(shown::add);
        errors.stream().limit(MAX_LINES).forEach(shown::add);
        if (shown.isEmpty()) {
            shown.add(last.isEmpty() ? "nothing, and ends with code " + status : last);
        }
        return shown.stream().map(InstallerLog::cut).collect(Collectors.joining(" / "));
    }

    private static String printable(String line) {
        return line.replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "")
                .replaceAll("\\p{Cntrl}", " ")
                .strip();
    }

    private static String cut(String line) {
        return line.length() > MAX_LINE ? line.substring(0, MAX_LINE - 3) + "..." : line;
    }
}
