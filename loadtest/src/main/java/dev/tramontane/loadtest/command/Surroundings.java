package dev.tramontane.loadtest.command;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;

/**
 * What the program finds around it.
 *
 * @param out for results
 * @param err for progress and errors
 * @param terminal whether a person watches {@code err}
 * @param variables of the environment
 */
record Surroundings(PrintStream out, PrintStream err, boolean terminal, Map<String, String> variables) {
    static Surroundings ofProcess() {
        return new Surroundings(
                System.out,
                System.err,
                Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false),
                System.getenv());
    }
}
