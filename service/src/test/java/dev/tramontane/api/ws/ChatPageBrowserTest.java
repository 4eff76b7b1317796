package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Doorkeeper;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The page in headless Chromium: {@code src/test/clients/page.mjs} types, reads and stops; this side looks at what
 * arrived. Needs {@code sh src/test/clients/install.sh DIR} and {@code -Dtramontane.clients=DIR}, node and Chromium.
 */
@Tag("browser")
class ChatPageBrowserTest {
    private static final String ANSWER = """
        Here it blows 👩‍🚀: <script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1"> <b>bold</b>
          two  spaces and a tab:\tend.
        """ + "The tramontane is a cold wind from the north. ".repeat(8);

    @Test
    void aPersonCanChat() throws Exception {
        Path clients = ClientProgram.clients("node_modules/playwright-core");
        Path node = ClientProgram.program("node");
        Path chromium = ClientProgram.program("chromium", "chromium-browser", "google-chrome");
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = new Served(engine, Served.config()).stepping(() -> {
            LockSupport.parkNanos(2_000_000); // Slow enough to be seen streaming and to be stopped.
            return engine.step();
        })) {
            ClientProgram.run(
                    node.toString(),
                    "src/test/clients/page.mjs",
                    clients.toString(),
                    chromium.toString(),
                    "http://127.0.0.1:" + served.port + "/",
                    ANSWER);
        }
        List<String> prompts =
                engine.runs.stream().map(ChatPageBrowserTest::prompt).toList();
        assertThat(prompts.get(0)).isEqualTo("user: a\nb;>");
        assertThat(prompts.get(1)).isEqualTo("user: a\nb;assistant: " + ANSWER + ";user: second;>");
        assertThat(prompts.get(2)).startsWith("user: a\nb;assistant: ").endsWith(";user: third;>");
        assertThat(prompts.get(4)).endsWith(";user: fifth;>");
        assertThat(prompts.get(5)).startsWith("user: yyy");
        assertThat(prompts.get(6)).isEqualTo("user: fresh;>"); // The one before was refused.
        // Never more than fits: by a wish beyond the context, by the page's own limit, without a limit.
        for (int run : new int[] {4, 5, 6}) {
            assertThat(engine.runs.get(run).submission.maxTokens())
                    .isEqualTo(ScriptedEngine.CONTEXT
                            - engine.runs.get(run).submission.prompt().length);
        }
        assertThat(prompts.get(7)).isEqualTo("user: Tell me about\nthe north wind.;>");
        assertThat(engine.runs.get(1).cancelled()).isTrue();
        assertThat(engine.runs.get(2).cancelled()).isTrue();
        assertThat(engine.runs.get(3).submission.maxTokens()).isEqualTo(3);
    }

    @Test
    void whoHasAKeyCanChat() throws Exception {
        Path clients = ClientProgram.clients("node_modules/playwright-core");
        Path node = ClientProgram.program("node");
        Path chromium = ClientProgram.program("chromium", "chromium-browser", "google-chrome");
        String key = SecretKey.make(new SecureRandom());
        KeyRing ring =
                new KeyRing(List.of(new KeyEntry("page", SecretKey.hash(key), KeyLimits.NONE)), System::nanoTime);
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served =
                new Served(engine, Served.config(), Doorkeeper.of(ring, KeyObserver.NONE)).stepping(engine::step)) {
            ClientProgram.run(
                    node.toString(),
                    "src/test/clients/page.mjs",
                    clients.toString(),
                    chromium.toString(),
                    "http://127.0.0.1:" + served.port + "/",
                    ANSWER,
                    key);
        }
        assertThat(engine.runs)
                .singleElement()
                .satisfies(run -> assertThat(prompt(run)).isEqualTo("user: keyed;>"));
    }

    private static String prompt(ScriptedEngine.Run run) {
        int[] ids = run.submission.prompt();
        byte[] bytes = new byte[ids.length];
        for (int i = 0; i < ids.length; i++) {
            bytes[i] = (byte) ids[i];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
