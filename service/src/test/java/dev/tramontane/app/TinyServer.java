package dev.tramontane.app;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code serve} with a tiny model as processes of their own, one after the other in one directory. */
final class TinyServer {
    /** What each process says. */
    final Path out;

    final Path err;

    /** Its directory for temporary files. */
    final Path temporary;

    private final Path model;

    /** @param dir an empty one */
    TinyServer(Path dir) throws IOException {
        out = dir.resolve("out");
        err = dir.resolve("err");
        temporary = Files.createDirectories(dir.resolve("tmp"));
        model = TinyModel.PLAIN.withContext(16_384).writeTo(dir);
    }

    ProcessBuilder builder(String... more) throws IOException {
        return builder(List.of(), more);
    }

    /** @param flags of java beside those that all have */
    ProcessBuilder builder(List<String> flags, String... more) throws IOException {
        Files.deleteIfExists(out); // The address of an earlier one is in it.
        List<String> all = new ArrayList<>(
                List.of(OwnProcess.OWN_LOG, "-Xmx512m", "-XX:-UsePerfData", "-Djava.io.tmpdir=" + temporary));
        all.addAll(flags);
        List<String> arguments = new ArrayList<>(List.of("--model", model.toString(), "--threads", "1"));
        if (!List.of(more).contains("--port")) {
            arguments.addAll(List.of("--port", "0"));
        }
        arguments.addAll(List.of(more));
        return OwnProcess.serve(all, arguments.toArray(String[]::new))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
    }

    /** Waits until it serves. */
    WatchedProcess start(ProcessBuilder builder) throws IOException {
        return new WatchedProcess(builder.start(), out);
    }

    WatchedProcess start(String... more) throws IOException {
        return start(builder(more));
    }
}
