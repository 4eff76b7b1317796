package dev.tramontane.app;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;
import org.jline.utils.Signals;

/**
 * What the process was given: the only way to variables, properties and streams, so that tests can give their own.
 *
 * @param variables of the environment
 * @param properties the JVM's
 * @param in standard input
 * @param out standard output: answers, and nothing else
 * @param err standard error: errors, progress, and the log
 * @param terminal whether {@code err} is a terminal, which gets progress bars
 * @param interactive whether a person sits at {@code in} and {@code out}
 * @param piped whether {@code in} is a file or another program's output, and not a terminal or nothing
 * @param onTermination says what SIGTERM and Ctrl-C do from now on
 */
record Environment(
        Map<String, String> variables,
        Properties properties,
        InputStream in,
        StandardOutput out,
        PrintStream err,
        boolean terminal,
        boolean interactive,
        boolean piped,
        Consumer<Runnable> onTermination) {

    static Environment ofProcess() {
        return new Environment(
                Map.copyOf(System.getenv()),
                System.getProperties(),
                System.in,
                new StandardOutput(new FileOutputStream(FileDescriptor.out)),
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                errIsTerminal(),
                isInteractive(),
                isPiped(),
                Environment::onSignals);
    }

    String property(String name) {
        return properties.getProperty(name, "");
    }

    /** A shutdown hook would end the process with 143; JLine reaches the JDK's own signal handling. */
    private static void onSignals(Runnable action) {
        Signals.register("TERM", action);
        Signals.register("INT", action);
    }

    private static boolean isInteractive() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /** By what the descriptor is; where the system does not tell, nothing is read that nobody asked for. */
    private static boolean isPiped() {
        try {
            return isPiped((int) Files.getAttribute(Path.of("/dev/stdin"), "unix:mode"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException untold) {
            return false;
        }
    }

    /** @param mode of a file, by POSIX's sys/stat.h: files, pipes and sockets are read, terminals and /dev/null are not */
    static boolean isPiped(int mode) {
        return switch (mode & 0xf000) {
            case 0x8000, 0x1000, 0xc000 -> true;
            default -> false;
        };
    }

    /** {@link System#console} tells of stdin and stdout only; on Linux the descriptor's link tells of stderr. */
    private static boolean errIsTerminal() {
        Path descriptor = Path.of("/proc/self/fd/2");
        if (Files.exists(descriptor)) {
            try {
                String target = Files.readSymbolicLink(descriptor).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
            } catch (IOException unreadable) {
                return false;
            }
        }
        return isInteractive();
    }
}
