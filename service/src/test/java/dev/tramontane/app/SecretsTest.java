package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.OwnProcess;
import dev.tramontane.fixtures.TestCertificates;
import dev.tramontane.fixtures.TestCertificates.Identity;
import dev.tramontane.fixtures.TinyModel;
import dev.tramontane.keys.SecretKey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process of its own with every secret that there is, at the chattiest level, asked rightly and wrongly: none of them, nor
 * a part that would do, comes out anywhere.
 */
class SecretsTest {
    private static final Pattern ADDRESS = Pattern.compile("tramontane: serving \\S+ at (\\S+)\\R");
    private static final Pattern MANAGEMENT = Pattern.compile("tramontane: management at (\\S+)\\R");

    @TempDir
    Path dir;

    private final Map<String, String> secrets = new TreeMap<>();
    private final Map<String, String> places = new TreeMap<>();

    @Test
    void nothingTellsThem() throws Exception {
        Identity server = new TestCertificates(dir).selfSigned("server");
        Path certificate = Files.writeString(dir.resolve("tls.crt"), server.pem());
        Path tlsKey = Files.writeString(dir.resolve("tls.key"), server.key());
        Path keys = dir.resolve("keys");
        String good = key(keys, "good", "--requests", "2");
        String other = key(keys, "other");
        secrets.put("a key", good.substring(SecretKey.PREFIX.length()));
        secrets.put("another key", other.substring(SecretKey.PREFIX.length()));
        secrets.put("a wrong key", "d3JvbmctYnV0LWEta2V5LWFsbC10aGUtc2FtZS1vZi0");
        secrets.put("its hash", HexFormat.of().formatHex(SecretKey.hash(good)));
        secrets.put("the private key", server.key().lines().toList().get(1));
        String wrong = SecretKey.PREFIX + secrets.get("a wrong key");

        String[] arguments = {
            "--model",
            TinyModel.PLAIN.writeTo(Files.createDirectory(dir.resolve("model"))).toString(),
            "--port",
            "0",
            "--threads",
            "1",
            "--log-level",
            "debug",
            "--access-log",
            "--api-keys",
            keys.toString(),
            "--tls-certificate",
            certificate.toString(),
            "--tls-key",
            tlsKey.toString(),
            "--management-port",
            "0"
        };
        Path out = dir.resolve("out");
        Path log = dir.resolve("log");
        Process process = OwnProcess.serve(List.of("-Xmx256m", OwnProcess.OWN_LOG), arguments)
                .redirectOutput(out.toFile())
                .redirectError(log.toFile())
                .start();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(TestCertificates.client(server, null))
                .version(HttpClient.Version.HTTP_1_1)
                .build()) {
            Awaitility.await()
                    .atMost(3, TimeUnit.MINUTES)
                    .until(() -> !process.isAlive() || found(out, ADDRESS) != null);
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            String address = String.valueOf(found(out, ADDRESS));
            for (String key : List.of(good, wrong, good, good, other)) { // The third request of good is one too many.
                ask(client, address, key);
                ask(client, address + "?key=" + key, key);
                socket(client, address, key);
            }
            Files.writeString(keys, "good " + other + "\n" + wrong + " sha256:0\n"); // Keys where hashes belong.
            Files.writeString(certificate, server.key() + server.pem().replace("B", "C"));
            String metrics = found(out, MANAGEMENT) + "/metrics";
            Awaitility.await()
                    .atMost(3, TimeUnit.MINUTES)
                    .until(() -> get(client, metrics).matches("(?s).*file_refused\\{file=\"api-keys\"} 1.*")
                            && get(client, metrics).matches("(?s).*file_refused\\{file=\"tls\"} 1.*"));
            places.put("metrics", get(client, metrics));
            look(process.toHandle());
            assertThat(places.get("metrics")).as("they were used").contains("{key=\"good\"");
        } finally {
            process.destroy();
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
        }
        places.put("the log", Files.readString(log));
        places.put("standard output", Files.readString(out));
        assertThat(places.get("the log"))
                .as("at the chattiest level, with what was refused")
                .contains(" DEBUG ", "key=good", "api-keys has changed and is not taken");
        assertThat(places).hasSizeGreaterThan(10);
        places.forEach((place, text) -> secrets.forEach(
                (name, secret) -> assertThat(text).as("%s in %s", name, place).doesNotContain(secret)));
    }

    private static String key(Path file, String name, String... more) {
        String[] args = Stream.concat(Stream.of("key", name, "--append", file.toString()), Stream.of(more))
                .toArray(String[]::new);
        return new CapturedProgram().run(args).out().strip();
    }

    private static @Nullable String found(Path out, Pattern pattern) throws Exception {
        Matcher matcher = pattern.matcher(Files.readString(out));
        return matcher.find() ? matcher.group(1) : null;
    }

    private void ask(HttpClient client, String address, String key) throws Exception {
        int query = address.indexOf('?');
        String base = query < 0 ? address : address.substring(0, query);
        String more = query < 0 ? "" : address.substring(query);
        for (String path : List.of("/v1/completions", "/v1/models", "/v1/none", "/v1/embeddings")) {
            for (String body :
                    List.of("{\"prompt\": \"a\", \"max_tokens\": 1}", "{\"prompt\": 1", "{\"user\": true}")) {
                HttpResponse<String> reply = client.send(
                        HttpRequest.newBuilder(URI.create(base + path + more))
                                .header("Authorization", "Bearer " + key)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString());
                places.put("answer " + places.size(), reply.headers().map() + " " + reply.body());
            }
        }
    }

    private void socket(HttpClient client, String address, String key) throws Exception {
        try {
            WebSocket socket = client.newWebSocketBuilder()
                    .subprotocols("responses", "openai-insecure-api-key." + key)
                    .buildAsync(
                            URI.create(address.replace("https:", "wss:") + "/v1/responses"),
                            new WebSocket.Listener() {})
                    .get(3, TimeUnit.MINUTES);
            places.put("protocol " + places.size(), socket.getSubprotocol());
            socket.abort();
        } catch (ExecutionException refused) {
            places.put("refused socket " + places.size(), String.valueOf(refused.getCause()));
        }
    }

    private static String get(HttpClient client, String url) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
                .body();
    }

    /** What every user of the machine sees of the process and its children, and what they inherit. */
    private void look(ProcessHandle process) throws Exception {
        for (ProcessHandle each :
                Stream.concat(Stream.of(process), process.descendants()).toList()) {
            Path proc = Path.of("/proc", Long.toString(each.pid()));
            if (Files.exists(proc)) {
                for (String file : List.of("cmdline", "environ")) {
                    places.put(
                            each.pid() + " " + file,
                            new String(Files.readAllBytes(proc.resolve(file)), StandardCharsets.ISO_8859_1));
                }
            }
        }
    }
}
