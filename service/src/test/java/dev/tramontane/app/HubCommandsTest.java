package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.hub.HubServer;
import dev.tramontane.hub.Pulled;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models by name on the command line. */
class HubCommandsTest {
    @TempDir
    Path folder;

    private final HubServer server;
    private byte[] model = {};

    HubCommandsTest() throws IOException {
        server = new HubServer();
    }

    @BeforeEach
    void start() throws IOException {
        model = TinyModel.PLAIN.gguf().toByteArray();
        Pulled.registry(server, model);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private CapturedProgram program() {
        return new CapturedProgram()
                .property("user.home", folder.resolve("home").toString())
                .with("XDG_CACHE_HOME", folder.resolve("cache").toString())
                .with("TRAMONTANE_OLLAMA_REGISTRY", server.uri().toString())
                .with("HF_ENDPOINT", server.uri() + "/");
    }

    private Outcome ok(String... arguments) {
        Outcome outcome = program().run(arguments);
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return outcome;
    }

    private Outcome refused(String... arguments) {
        Outcome outcome = program().run(arguments);
        assertThat(outcome.code()).as(outcome.out()).isNotZero();
        assertThat(outcome.err()).startsWith("tramontane: ").doesNotContain("this is a fault in the program");
        return outcome;
    }

    private static String line(String text) {
        return text + System.lineSeparator();
    }

    @Test
    void pulledListedRunAndRemoved() {
        Path store = folder.resolve("cache/tramontane/hub");
        Outcome pulled = ok("pull", "tiny");
        assertThat(pulled.err())
                .isEqualTo(line("tramontane: tiny:latest from 127.0.0.1:" + server.port()
                                + ": 0.7 MB in 1 file; licence:" + " not said")
                        .replace("0.7 MB", PullProgress.size(model.length)));
        assertThat(pulled.out()).startsWith("tiny:latest is here, ").contains(store + "/models/tiny-latest-");
        assertThat(ok("list").out()).contains("NAME").containsPattern("tiny:latest +0\\.\\d MB  here");
        JsonObject listed = new JsonObject(ok("list", "--json").out())
                .getJsonArray("models")
                .getJsonObject(0);
        assertThat(listed.getString("name")).isEqualTo("tiny:latest");
        assertThat(listed.getString("cache")).isEqualTo("own");
        assertThat(Path.of(listed.getString("path"))).hasBinaryContent(model);
        int asked = server.requests().size();
        String words = ok("complete", "--model", listed.getString("path"), "-n", "4", "-t", "0", "a b")
                .out();
        assertThat(ok("complete", "--model", "tiny", "-n", "4", "-t", "0", "a b")
                        .out())
                .isEqualTo(words);
        Outcome turn = program().reading(line("a b")).run("chat", "--model", "tiny", "-n", "4", "-t", "0");
        assertThat(ok("run", "tiny:latest", "a b", "-n", "4", "-t", "0").out())
                .isEqualTo(turn.out())
                .isNotBlank();
        assertThat(ok("run", "tiny", "a", "-n", "4", "b", "-t", "0").out()).isEqualTo(turn.out());
        assertThat(program()
                        .reading(line("a b"))
                        .run("run", "tiny", "-n", "4", "-t", "0")
                        .out())
                .isEqualTo(turn.out());
        String both = ok("run", "tiny", "c d\n\na b", "-n", "4", "-t", "0").out();
        assertThat(program()
                        .reading(line("c d"))
                        .run("run", "tiny", "a", "b", "-n", "4", "-t", "0")
                        .out())
                .isEqualTo(both)
                .isNotEqualTo(turn.out());
        assertThat(program()
                        .reading(line(" "))
                        .run("run", "tiny", "a b", "-n", "4", "-t", "0")
                        .out())
                .isEqualTo(turn.out());
        assertThat(server.requests()).hasSize(asked); // What is here is here.
        assertThat(ok("rm", "tiny").out()).isEqualTo(line("removed tiny:latest"));
        assertThat(ok("list").out()).isEqualTo(line("no models; tramontane pull mistral fetches one"));
        assertThat(refused("rm", "tiny").err()).contains("there is no model tiny:latest to remove");
        assertThat(ok("prune").out()).isEqualTo(line("removed 0 files, 0.0 MB"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "chat", "complete", "bench", "inspect", "eval", "convert"})
    void aMissingNameIsAnErrorThatSaysTheCommand(String command) throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "words");
        Outcome outcome = switch (command) {
            case "eval" -> refused("eval", text.toString(), "--model", "tiny");
            case "convert" ->
                refused("convert", "tiny", folder.resolve("out.gguf").toString(), "--type", "q8_0");
            default -> refused(command, "--model", "tiny");
        };
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err())
                .isEqualTo(line("tramontane: there is neither a file tiny nor a model of that name on this machine:"
                        + " tramontane pull tiny:latest fetches it, and so does " + command
                        + " with --pull; tramontane list shows what is there"));
        assertThat(server.requests()).isEmpty();
    }

    /** The size is said before it comes. */
    @Test
    void whatIsAskedForIsPulled() throws IOException {
        Path out = folder.resolve("out.gguf");
        Outcome converted = ok("convert", "tiny", out.toString(), "--type", "q8_0", "--pull");
        assertThat(converted.err())
                .startsWith("tramontane: tiny:latest from 127.0.0.1:")
                .contains("licence: not said");
        Path text = Files.writeString(folder.resolve("text"), "a b c d e f g h");
        Outcome evaluated = ok(
                "eval",
                text.toString(),
                "--model",
                out.toString(),
                "--against",
                "tiny",
                "--context",
                "16",
                "--threads",
                "1");
        assertThat(evaluated.out()).contains("perplexity");
        Outcome inspected = ok("inspect", "tiny", "--json");
        JsonObject facts = new JsonObject(inspected.out());
        assertThat(facts.getJsonObject("memory").getBoolean("fits")).isTrue();
        assertThat(facts.getJsonObject("file").getString("path")).contains("/models/tiny-latest-");
    }

    /** What lies there counts first, and what can only be a path is never asked for in a network. */
    @Test
    void aPathThatExistsWins() throws IOException {
        assertThat(refused("inspect", "tiny.gguf").err()).contains("tiny.gguf: no such file");
        assertThat(refused("inspect", "./tiny").err()).contains("no such file");
        assertThat(refused("inspect", "file:" + folder + "/none").err()).contains("no such file");
        Path file = TinyModel.PLAIN.writeTo(Files.createDirectories(folder.resolve("hf:owner")));
        assertThat(ok("inspect", file.toString()).out()).contains(file.toString());
        assertThat(ok("inspect", "file:" + file).out()).contains(file.toString());
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void othersVariablesAreHonoured() throws IOException {
        Path home = Files.createDirectories(folder.resolve("hf-home"));
        Files.writeString(home.resolve("token"), "hf_from_file\n");
        List<String> tokens = new ArrayList<>();
        server.on("/api/models/a/b/revision/main?blobs=true", request -> {
            tokens.add(String.valueOf(request.header("authorization")));
            return HubServer.reply(403, new byte[0]);
        });
        Outcome outcome = program().with("HF_HOME", home.toString()).run("pull", "hf:a/b");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("does not give a/b (status 403)").doesNotContain("hf_from_file");
        program().with("HF_HOME", home.toString()).with("HF_TOKEN", "hf_own").run("pull", "hf:a/b");
        program().run("pull", "hf:a/b");
        assertThat(tokens).containsExactly("Bearer hf_from_file", "Bearer hf_own", "null");
        Outcome wrong = program().with("HF_TOKEN", "two words").run("pull", "hf:a/b");
        assertThat(wrong.err())
                .contains("the token in HF_TOKEN or its file is none")
                .doesNotContain("two words");
        assertThat(program()
                        .with("HF_ENDPOINT", "ftp://x")
                        .run("pull", "hf:a/b")
                        .err())
                .contains("the variable HF_ENDPOINT must be a URL such as");
    }

    @Test
    void whatOllamaHasIsRunWhereItLies() throws IOException {
        Path models = folder.resolve("ollama");
        Path tag = models.resolve("manifests/registry.ollama.ai/library/tiny/latest");
        Files.createDirectories(tag.getParent());
        Files.writeString(tag, Pulled.manifest(model));
        String blob = Pulled.blobPath(model).replaceFirst(".*sha256:", "sha256-");
        Files.write(Files.createDirectories(models.resolve("blobs")).resolve(blob), model);
        CapturedProgram program = program().with("OLLAMA_MODELS", models.toString());
        Outcome outcome = program.run("run", "tiny", "a b", "-n", "2", "-t", "0");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(server.requests()).isEmpty();
        Outcome listed = program().with("OLLAMA_MODELS", models.toString()).run("list");
        assertThat(listed.out()).containsPattern("tiny:latest +0\\.\\d MB  Ollama's");
        Outcome pulled = program().with("OLLAMA_MODELS", models.toString()).run("pull", "tiny");
        assertThat(pulled.out()).startsWith("tiny:latest is here in Ollama's cache");
    }

    @ParameterizedTest
    @CsvSource({
        "a/b/c/d, 2, is no name of a model",
        "absent, 2, has no absent:latest",
        "hf:owner/none, 2, has no owner/none",
        "http://127.0.0.1:1/x.gguf, 1, takes no connection",
    })
    void whatCannotBeHadIsOneLine(String name, int code, String words) {
        Outcome outcome = refused("pull", name);
        assertThat(outcome.code()).isEqualTo(code);
        assertThat(outcome.err()).hasLineCount(1).contains(words);
    }

    /** What would be said to others is not looked at where nobody is asked. */
    @ParameterizedTest
    @CsvSource({"HF_TOKEN, two words", "HF_ENDPOINT, no address"})
    void whatIsHereNeedsNoHub(String variable, String value) {
        ok("pull", "tiny");
        for (List<String> command :
                List.of(List.of("list"), List.of("inspect", "tiny"), List.of("rm", "tiny"), List.of("prune"))) {
            Outcome outcome = program().with(variable, value).run(command.toArray(String[]::new));
            assertThat(outcome.code()).as(outcome.err()).isZero();
        }
        Outcome pulled = program().with(variable, value).run("pull", "hf:a/b");
        assertThat(pulled.code()).isNotZero();
        assertThat(pulled.err()).contains(variable);
    }

    /** A switch before a name is alone. */
    @Test
    void aNameBehindASwitch() {
        assertThat(ok("inspect", "--pull", "tiny", "--json").out()).contains("\"file\"");
        assertThat(refused("inspect", "--pull", "off", "other").err()).contains("tramontane pull other");
        assertThat(refused("inspect", "--pull=maybe", "tiny").err()).contains("--pull must be on or off");
    }

    /** What stands behind a question mark may be a signature: it is neither kept nor shown, and another one is the same model. */
    @Test
    void signaturesAreNotKept() throws IOException {
        server.file("/m/tiny.gguf?signature=secret1", model);
        String url = server.uri() + "/m/tiny.gguf";
        ok("pull", url + "?signature=secret1");
        assertThat(ok("list").out()).contains(url).doesNotContain("secret");
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".json")).toList()) {
                assertThat(file).content().doesNotContain("secret");
            }
        }
        assertThat(ok("inspect", url + "?signature=other").out()).isNotEmpty();
        ok("rm", url + "?signature=third");
        assertThat(ok("list").out()).doesNotContain(url);
    }
}
