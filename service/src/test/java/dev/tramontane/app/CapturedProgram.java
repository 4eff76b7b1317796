package dev.tramontane.app;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Runs command lines in this process with captured streams and an environment of the test's own. */
final class CapturedProgram {

    /** What a command line came to. */
    record Outcome(int code, String out, String err) {}

    private final Map<String, String> variables = new HashMap<>(Map.of(
            "TRAMONTANE_LIBRARY_DIRECTORY",
            Path.of("target", "kernel-cache").toAbsolutePath().toString()));
    private final AtomicReference<Runnable> terminate = new AtomicReference<>(() -> {});
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Properties properties = new Properties(System.getProperties());
    private String input = "";
    private @Nullable Path errors;
    private @Nullable OutputStream output;
    private boolean terminatedAtOnce;

    CapturedProgram with(String variable, String value) {
        variables.put(variable, value);
        return this;
    }

    CapturedProgram property(String name, String value) {
        properties.setProperty(name, value);
        return this;
    }

    /** Standard error comes to this file, too, for other processes to see. */
    CapturedProgram copyingErrors(Path file) {
        errors = file;
        return this;
    }

    /** Standard output goes there, and the outcome has none. */
    CapturedProgram writingTo(OutputStream to) {
        output = to;
        return this;
    }

    CapturedProgram reading(String text) {
        input = text;
        return this;
    }

    /** SIGTERM comes as soon as the command says what it does. */
    CapturedProgram terminatedAtOnce() {
        terminatedAtOnce = true;
        return this;
    }

    /** What SIGTERM would do. */
    void terminate() {
        terminate.get().run();
    }

    /** What has come to standard output so far, of a command line that runs on another thread. */
    String shown() {
        return out.toString(StandardCharsets.UTF_8);
    }

    Outcome run(String... args) {
        ByteArrayOutputStream err = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, length);
                copyErrors(toByteArray());
            }
        };
        Environment given = new Environment(
                variables,
                properties,
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new StandardOutput(output == null ? out : output),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                !input.isEmpty(),
                this::onTermination);
        int code = new Program(given).run(args);
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private void copyErrors(byte[] bytes) {
        if (errors != null) {
            try {
                Files.write(errors, bytes);
            } catch (IOException unwritable) {
                throw new UncheckedIOException(unwritable);
            }
        }
    }

    private void onTermination(Runnable action) {
        terminate.set(action);
        if (terminatedAtOnce) {
            action.run();
        }
    }
}
