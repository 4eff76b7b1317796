package dev.tramontane.loadtest.command;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The real service with a model of the tests' own, in a process of its own. */
final class ServiceProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (http://\\S+)");

    final String url;
    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();

    private ServiceProcess(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    /** Starts it and waits until it serves. */
    static ServiceProcess start(Path folder, String... options) throws IOException, InterruptedException {
        Path log = folder.resolve("service.log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=deny",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tramontane.app.Main",
                "serve",
                "--model",
                model().toString(),
                "--port",
                "0"));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        for (Matcher said = ADDRESS.matcher(""); ; said = ADDRESS.matcher(Files.readString(log))) {
            if (said.find()) {
                return new ServiceProcess(process, said.group(1));
            }
            if (!process.isAlive()) {
                throw new AssertionError("the service ended: " + Files.readString(log));
            }
            Thread.sleep(50);
        }
    }

    /** Of the tests: random weights, a window of 16 and room for 128 tokens. */
    static Path model() {
        return root().resolve("service/src/test/resources/oracle/models/mistral-window-16");
    }

    private static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("docs/http.md"))) {
                return folder;
            }
        }
        throw new AssertionError("no folder above has docs/http.md");
    }

    /** What /metrics shows of a name without labels. */
    double metric(String name) throws IOException, InterruptedException {
        String text = client.send(
                        HttpRequest.newBuilder(URI.create(url + "/metrics")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher line =
                Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$").matcher(text);
        if (!line.find()) {
            throw new AssertionError(name + " is not in " + text);
        }
        return Double.parseDouble(line.group(1));
    }

    JsonObject post(String path, JsonObject body) throws IOException, InterruptedException {
        return new JsonObject(client.send(
                        HttpRequest.newBuilder(URI.create(url + path))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
    }

    @Override
    public void close() {
        client.close();
        process.destroy();
        try {
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException impatient) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
