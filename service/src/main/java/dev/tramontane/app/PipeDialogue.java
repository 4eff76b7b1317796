package dev.tramontane.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A chat without a terminal: every line of standard input is a turn, answers go to standard output. */
final class PipeDialogue implements Dialogue {
    /** No turn is longer than what a context holds. */
    private static final int MAX_CHARACTERS = 16 << 20;

    private final Environment environment;
    private final BufferedReader in;

    PipeDialogue(Environment environment) {
        this.environment = environment;
        in = new BufferedReader(new InputStreamReader(environment.in(), StandardCharsets.UTF_8));
    }

    @Override
    public Optional<String> read() {
        StringBuilder line = new StringBuilder();
        try {
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c == '\n') {
                    return Optional.of(line.toString());
                }
                line.append((char) c);
                if (line.length() > MAX_CHARACTERS) {
                    throw new UsageException(
                            "a line on standard input has more than " + MAX_CHARACTERS + " characters");
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return line.isEmpty() ? Optional.empty() : Optional.of(line.toString());
    }

    @Override
    public void print(String text) {
        environment.out().print(text);
        environment.out().flush();
        environment.out().check();
    }

    @Override
    public void remark(String text) {
        environment.err().println("tramontane: " + text);
    }

    /** Ctrl-C ends the program, as it does with every filter. */
    @Override
    public void onInterrupt(Runnable action) {}

    /** Standard input is the process's own. */
    @Override
    public void close() {}
}
