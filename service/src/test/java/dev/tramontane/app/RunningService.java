package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code serve} with a tiny model, until this is closed. */
final class RunningService implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (\\S+)\\R");

    final CapturedProgram program = new CapturedProgram();
    final CompletableFuture<Outcome> running;
    final String address;

    /** The model lies below {@code dir}. */
    RunningService(Path dir, String... more) throws IOException {
        String model =
                TinyModel.PLAIN.writeTo(Files.createTempDirectory(dir, "model")).toString();
        String[] args = Stream.concat(
                        Stream.of("serve", "--model", model, "--port", "0", "--threads", "1"), Stream.of(more))
                .toArray(String[]::new);
        running = CompletableFuture.supplyAsync(
                () -> program.run(args), command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        address = found(ADDRESS);
    }

    /** What it said. */
    String found(Pattern pattern) {
        Matcher matcher = pattern.matcher(program.shown());
        assertThat(matcher.find()).as("started: %s", running).isTrue();
        return matcher.group(1);
    }

    @Override
    public void close() {
        program.terminate();
        assertThat(running.orTimeout(3, TimeUnit.MINUTES).join().code()).isZero();
    }
}
