package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Documents;
import dev.tramontane.fixtures.TinyModel;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The routes of docs/http.md are those of the server, as it lists them to whoever asks for one that is not there. */
class RoutesDocumentTest {
    private static final Pattern ADDRESS = Pattern.compile("at (http://\\S+)\\R");
    private static final Pattern ROUTE = Pattern.compile("(?:\\b(GET|POST|DELETE) )?(/[\\w{}/.*-]*)(?=[`,; ]|$)");

    @TempDir
    Path dir;

    private JsonObject description = new JsonObject();

    @Test
    void theDocumentListsThem() throws Exception {
        Set<String> served = served();
        // The page's own files are no interface.
        served.removeIf(RoutesDocumentTest::isFileOfThePage);
        assertThat(documented()).isEqualTo(served);
    }

    /** And the description that programs read has them all. */
    @Test
    void theDescriptionHasThem() throws Exception {
        Set<String> served = served();
        served.removeIf(RoutesDocumentTest::isFileOfThePage);
        Set<String> described = new TreeSet<>();
        JsonObject paths = description.getJsonObject("paths");
        for (String path : paths.fieldNames()) {
            for (String method : paths.getJsonObject(path).fieldNames()) {
                described.add(method.toUpperCase(Locale.ROOT) + " " + path.replaceAll("\\{\\w+}", "*"));
            }
        }
        assertThat(described).isEqualTo(served);
        assertThat(description.getString("openapi")).isEqualTo("3.1.0");
    }

    private static boolean isFileOfThePage(String route) {
        return route.equals("GET /page/*");
    }

    private Set<String> served() throws Exception {
        CapturedProgram program = new CapturedProgram();
        String model = TinyModel.PLAIN.writeTo(dir).toString();
        CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(
                () -> program.run("serve", "--model", model, "--port", "0", "--threads", "1"),
                command -> Thread.ofPlatform().daemon().start(command));
        await().until(() -> running.isDone() || ADDRESS.matcher(program.shown()).find());
        Matcher address = ADDRESS.matcher(program.shown());
        assertThat(address.find()).as("started: %s", running).isTrue();
        String body;
        try (HttpClient client = HttpClient.newHttpClient()) {
            body = client.send(
                            HttpRequest.newBuilder(URI.create(address.group(1) + "/is/not/there"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            description = new JsonObject(client.send(
                            HttpRequest.newBuilder(URI.create(address.group(1) + "/openapi.json"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
        }
        program.terminate();
        assertThat(running.get(3, TimeUnit.MINUTES).code()).isZero();
        String message = new JsonObject(body).getJsonObject("error").getString("message");
        return routes(message.substring(message.indexOf(';')));
    }

    private static Set<String> documented() {
        String text = Documents.text("docs/http.md");
        String table = text.substring(text.indexOf("| route |"), text.indexOf("\n## "));
        Set<String> routes = new TreeSet<>();
        table.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1)[1].replace("`", ""))
                .forEach(cell -> routes.addAll(routes(cell)));
        return routes;
    }

    /** "GET /a, /b and POST /c" as methods and paths; a path without a method has that of the one before. */
    private static Set<String> routes(String text) {
        Set<String> routes = new TreeSet<>();
        String method = "GET";
        Matcher matcher = ROUTE.matcher(text);
        while (matcher.find()) {
            method = matcher.group(1) == null ? method : matcher.group(1);
            routes.add(method + " " + matcher.group(2).replaceAll("\\{\\w+}", "*"));
        }
        return routes;
    }
}
