package dev.tramontane.app;

import dev.tramontane.json.Nearest;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of a command line that names what is not there: the word, and what may have been meant. */
final class Misspelt {
    /** Shorter options are near to all others of their length. */
    private static final int SHORTEST = 4;

    private Misspelt() {}

    /** The parser's own words where the fault is another one. */
    static String line(ParameterException wrong, String parsers) {
        CommandSpec spec = wrong.getCommandLine().getCommandSpec();
        if (wrong instanceof UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().getFirst();
            if (unmatched.isUnknownOption()) {
                return parsers + option(word.replaceFirst("=.*", ""), spec);
            }
            return spec.subcommands().isEmpty() ? argument(word, spec) : command(word, spec);
        }
        // Of picocli's own command help, which says the word as its value and no argument of its own.
        String value = wrong.getValue();
        if (value != null && wrong.getArgSpec() == null && !spec.subcommands().isEmpty()) {
            return command(value, spec);
        }
        return parsers;
    }

    private static String option(String word, CommandSpec spec) {
        List<String> names = new ArrayList<>(spec.optionsMap().keySet());
        if (word.length() < SHORTEST) {
            return names.stream()
                    .filter(word::equalsIgnoreCase)
                    .findFirst()
                    .map(name -> "; did you mean " + name + "?")
                    .orElse("");
        }
        return Nearest.suggestion(word, names);
    }

    private static String command(String word, CommandSpec spec) {
        String said = "there is no command '" + word + "'";
        if (spec.optionsMap().containsKey("--" + word)) {
            return said + "; did you mean --" + word + "?";
        }
        return said + Nearest.suggestion(word, spec.subcommands().keySet());
    }

    /** A command that takes no further argument may have an option for it. */
    private static String argument(String word, CommandSpec spec) {
        String said = "'" + spec.name() + "' takes no argument '" + word + "'";
        if (spec.optionsMap().containsKey("--url")) {
            return said + "; an address goes behind --url";
        }
        boolean lacksModel =
                spec.positionalParameters().isEmpty() && spec.optionsMap().containsKey("--model");
        return lacksModel ? said + "; a model goes behind --model" : said;
    }
}
