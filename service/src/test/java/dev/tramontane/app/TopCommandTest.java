package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.app.CapturedProgram.Outcome;
import dev.tramontane.fixtures.Ports;
import dev.tramontane.fixtures.TestCertificates;
import dev.tramontane.fixtures.TestCertificates.Identity;
import dev.tramontane.top.Reading;
import dev.tramontane.top.UnreachableException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jline.terminal.Size;
import org.jline.terminal.Sized;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A running server in the terminal: once, in blocks, on a screen with keys, and from servers that don't answer. */
final class TopCommandTest {
    private static final Pattern MANAGEMENT = Pattern.compile("tramontane: management at (\\S+)\\R");

    @TempDir
    Path dir;

    private static Outcome top(CapturedProgram program, String... more) {
        List<String> all = new ArrayList<>(List.of("top"));
        all.addAll(Arrays.asList(more));
        return program.run(all.toArray(String[]::new));
    }

    private static void ask(RunningService service) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            String body = "{\"prompt\": \"a\", \"max_tokens\": 5, \"ignore_eos\": true}";
            HttpRequest request = HttpRequest.newBuilder(URI.create(service.address + "/v1/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void looksOnceAndThenAgainAndAgain() throws Exception {
        try (RunningService service = new RunningService(dir)) {
            ask(service);
            Outcome once = top(new CapturedProgram(), "--once", "--url", service.address + "/");
            assertThat(once.err()).isEmpty();
            assertThat(once.code()).isZero();
            assertThat(once.out())
                    .startsWith("tramontane top - " + service.address + "/ - ready")
                    .contains(" running, ", "slots taken", "window", "of prompts found", "(length 1)")
                    .doesNotContain("\u001b");
            CapturedProgram program = new CapturedProgram();
            CompletableFuture<Outcome> running = CompletableFuture.supplyAsync(
                    () -> top(program, "--url", service.address, "--interval", "200ms"),
                    command -> Thread.ofPlatform().daemon().start(command));
            Awaitility.await().until(() -> program.shown().split("tramontane top - ", -1).length > 3);
            program.terminate();
            assertThat(running.get().code()).isZero();
            assertThat(program.shown()).contains("every 200 ms").doesNotContain("\u001b");
        }
    }

    @Test
    void figuresAtAPortOfTheirOwn() throws Exception {
        try (RunningService service = new RunningService(dir, "--management-port", Integer.toString(Ports.free()))) {
            assertThat(top(new CapturedProgram(), "--once", "--url", service.address)
                            .out())
                    .contains("slots taken", "--metrics URL names the management port's")
                    .doesNotContain("first token");
            String management = service.found(MANAGEMENT) + "/metrics";
            assertThat(top(new CapturedProgram(), "--once", "--url", service.address, "--metrics", management)
                            .out())
                    .contains(" - ready")
                    .contains("first token");
        }
    }

    @Test
    void keysAndTls() throws Exception {
        Identity server = new TestCertificates(dir).selfSigned("127.0.0.1");
        Path certificate = Files.writeString(dir.resolve("cert.pem"), server.pem());
        Path secret = Files.writeString(dir.resolve("key.pem"), server.key());
        String[] made = new CapturedProgram().run("key", "web").out().split("\\R", -1);
        Path keys = Files.writeString(dir.resolve("keys"), made[1] + "\n");
        try (RunningService service = new RunningService(
                dir,
                "--tls-certificate",
                certificate.toString(),
                "--tls-key",
                secret.toString(),
                "--api-keys",
                keys.toString())) {
            String[] look = {"--once", "--url", service.address, "--cacert", certificate.toString()};
            Outcome without = top(new CapturedProgram(), look);
            assertThat(without.code()).isEqualTo(1);
            assertThat(without.err()).contains("asks for a key").contains("TRAMONTANE_API_KEY");
            Outcome with = top(new CapturedProgram().with("TRAMONTANE_API_KEY", made[0]), look);
            assertThat(with.err()).isEmpty();
            assertThat(with.out()).contains(" - ready", "slots taken").doesNotContain(made[0]);
            Outcome distrusted = top(new CapturedProgram(), "--once", "--url", service.address);
            assertThat(distrusted.code()).isEqualTo(1);
            assertThat(distrusted.err()).contains("--cacert FILE");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --url ftp://x          | --url must be an address
        --url http://          | --url must be an address
        --url http://u:p@x     | --url must be an address
        --url ab               | --url must be an address
        --metrics x            | --metrics must be an address
        --interval soon        | --interval must be a time
        --interval 1ms         | --interval must be 200ms to 1h
        --cacert /none         | --cacert /none cannot be read
        """)
    void whatIsWrongIsNamed(String flags, String words) {
        Outcome outcome = top(new CapturedProgram(), (flags.strip() + " --once").split(" +", -1));
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(words).doesNotContain("u:p");
    }

    /** A key of two lines can stand in no header, and is not shown for that. */
    @Test
    void aKeyThatIsNoneIsNotShown() {
        Outcome outcome = top(
                new CapturedProgram().with("TRAMONTANE_API_KEY", "secret-a\nsecret-b"), "--once", "--url", "http://x");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("TRAMONTANE_API_KEY").doesNotContain("secret");
    }

    @Test
    void nobodyThere() throws IOException {
        Outcome outcome = top(new CapturedProgram(), "--once", "--url", "http://127.0.0.1:" + Ports.free());
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).startsWith("tramontane: Nobody listens at http://127.0.0.1:");
    }

    /** Keys, and what comes of them. */
    private static final class Pressed implements Display {
        private final Deque<Integer> keys = new ArrayDeque<>();
        private final List<List<String>> shown = new ArrayList<>();
        private final List<Duration> waited = new ArrayList<>();

        Pressed(Integer... keys) {
            this.keys.addAll(List.of(keys));
        }

        @Override
        public void show(List<String> lines) {
            shown.add(List.copyOf(lines));
        }

        @Override
        public int key(Duration most) {
            waited.add(most);
            return keys.remove();
        }

        @Override
        public void close() {}
    }

    @Test
    void keysDoWhatTheySay() throws Exception {
        Pressed display =
                new Pressed((int) '+', (int) 'p', Display.NONE, (int) ' ', (int) '-', Display.NONE, (int) 'r', 3);
        List<Integer> looks = new ArrayList<>();
        new TopLoop(
                        () -> {
                            looks.add(looks.size());
                            if (looks.size() == 2) {
                                throw new UnreachableException("gone\u001b");
                            }
                            return new Reading(looks.size(), List.of(), null);
                        },
                        "http://x",
                        Duration.ofSeconds(2),
                        display)
                .run();
        assertThat(looks).as("none while it is paused").hasSize(2);
        assertThat(display.waited.stream().map(Duration::toSeconds)).containsExactly(2L, 4L, 4L, 4L, 4L, 2L, 2L, 2L);
        assertThat(display.shown.get(2).getFirst()).endsWith("every 4 s - paused");
        assertThat(display.shown.get(6))
                .anyMatch(line -> line.contains("not answering"))
                .anyMatch(line -> line.equals("gone?; below is what it said last"));
        assertThat(display.shown.getLast().getFirst()).contains("counted since r");
    }

    /** A screen of its own, lines cut to its size, drawn anew when that changes, and given back as it was. */
    @Test
    void theScreenOfATerminal() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PipedOutputStream keys = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(keys)) {
            Terminal terminal = new ExternalTerminal("test", "xterm", in, out, StandardCharsets.UTF_8);
            terminal.setSize((Sized) Size.of(10, 3));
            try (TerminalDisplay display = new TerminalDisplay(terminal)) {
                display.show(List.of("0123456789abc", "b", "c", "d"));
                assertThat(drawn(out))
                        .contains("\u001b[H0123456789\u001b[K", "... 2 more", "\u001b[J")
                        .doesNotContain("abc");
                keys.write('p');
                keys.flush();
                assertThat(display.key(Duration.ofMinutes(1))).isEqualTo('p');
                out.reset();
                terminal.setSize((Sized) Size.of(20, 10));
                terminal.raise(Terminal.Signal.WINCH);
                keys.write('q');
                keys.flush();
                assertThat(display.key(Duration.ofMinutes(1))).isEqualTo('q');
                assertThat(drawn(out)).contains("0123456789abc", "d\u001b[K");
                display.interrupt();
                assertThat(display.key(Duration.ofMinutes(1))).isEqualTo('q');
                out.reset();
            }
            assertThat(drawn(out)).contains("\u001b[?1049l");
        }
    }

    private static String drawn(ByteArrayOutputStream out) {
        return out.toString(StandardCharsets.UTF_8);
    }
}
