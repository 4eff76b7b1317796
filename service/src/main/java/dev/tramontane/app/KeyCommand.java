package dev.tramontane.app;

import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyFile;
import dev.tramontane.keys.KeyFileException;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.SecretKey;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tramontane key}: makes a key, shows it once, and keeps its hash only. No secret is ever an argument. */
@CommandLine.Command(
        name = "key",
        description =
                "Make an API key. Standard output gets the key, which is shown this once, and below it its line for the"
                        + " file of --api-keys, which has its hash only. With --append the line goes into the file.",
        footer = {
            "",
            "Examples:",
            "  tramontane key web --requests 600 --streams 16 --append keys.txt",
            "  tramontane key alice | (read -r key; read -r line; ...)"
        })
final class KeyCommand extends Command {
    @Parameters(paramLabel = "NAME", description = "Whose it is: in the log and in metrics. Not a secret.")
    private String name = "";

    @Option(names = "--requests", paramLabel = "N", description = "Requests a minute. Default: no limit.")
    private @Nullable Long requests;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Tokens a minute, of prompts and answers. Default: no limit.")
    private @Nullable Long tokens;

    @Option(names = "--streams", paramLabel = "N", description = "Answers under way at a time. Default: no limit.")
    private @Nullable Long streams;

    @Option(
            names = "--share",
            paramLabel = "PERCENT",
            description =
                    "Of the queue, the sequences and the cache that it may hold at a time. Default: 50 where the file has"
                            + " several names, else 100.")
    private @Nullable Long share;

    @Option(
            names = "--operator",
            description = "It may also change what the server serves: load and unload adapters, pull and delete models."
                    + " Default: it may not.")
    private boolean operator;

    @Option(names = "--append", paramLabel = "FILE", description = "Append the line to this file, made if need be.")
    private @Nullable Path file;

    KeyCommand(Environment environment) {
        super(environment);
    }

    @Override
    List<Setting> settings() {
        return List.of(Setting.LOG_FORMAT, Setting.LOG_LEVEL);
    }

    @Override
    int run(Configuration configuration) {
        if (!KeyFile.isName(name)) {
            throw new UsageException("NAME is 1 to 64 letters, digits, '.', '_' and '-', the first a letter or digit");
        }
        KeyLimits limits = new KeyLimits(
                limit("--requests", requests, KeyFile.MOST),
                limit("--tokens", tokens, KeyFile.MOST),
                (int) limit("--streams", streams, KeyFile.MOST_STREAMS),
                (int) limit("--share", share, 100));
        String key = SecretKey.make(new SecureRandom());
        String line = new KeyEntry(name, SecretKey.hash(key), operator ? limits.ofOperator() : limits).line();
        if (file != null) {
            append(file, line);
        }
        environment().out().println(key);
        if (file == null) {
            environment().out().println(line);
            environment()
                    .err()
                    .println("The first line is the key, which is shown this once; the second is its line for the"
                            + " file of --api-keys.");
        }
        return ExitCode.OK;
    }

    private static long limit(String option, @Nullable Long given, long most) {
        if (given != null && (given < 1 || given > most)) {
            throw new UsageException(option + " must be 1 to " + most + ", got " + given);
        }
        return given == null ? 0 : given;
    }

    /** As a whole line; a file that the server would refuse is not made worse. */
    private static void append(Path file, String line) {
        try {
            String before = "";
            if (Files.exists(file)) {
                KeyFile.check(Files.readString(file) + "\n" + line + "\n", file.toString());
                before = Files.readString(file).endsWith("\n") || Files.size(file) == 0 ? "" : "\n";
            } else if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")));
            }
            Files.write(
                    file,
                    (before + line + "\n").getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (KeyFileException wrong) {
            throw new UsageException("--append: " + wrong.getMessage(), wrong);
        } catch (IOException refused) {
            throw new OutputException(new IOException("cannot write " + file + ": " + IoReason.of(refused), refused));
        }
    }
}
