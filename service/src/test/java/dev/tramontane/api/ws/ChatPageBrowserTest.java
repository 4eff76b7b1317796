package dev.tramontane.api.ws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Doorkeeper;
import dev.tramontane.fixtures.ScriptedEngine;
import dev.tramontane.fixtures.Seeds;
import dev.tramontane.keys.KeyEntry;
import dev.tramontane.keys.KeyLimits;
import dev.tramontane.keys.KeyObserver;
import dev.tramontane.keys.KeyRing;
import dev.tramontane.keys.SecretKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The page in headless Chromium: each script of {@code src/test/clients/page} clicks, types and looks at what is seen; this
 * side looks at what arrived. Needs {@code sh src/test/clients/install.sh DIR} and {@code -Dtramontane.clients=DIR}, node
 * and Chromium.
 */
@Tag("browser")
class ChatPageBrowserTest {
    private static final String ANSWER = """
        Here it blows 👩‍🚀: <script>window.pwned = 1</script><img src="x" onerror="window.pwned = 1"> <b>bold</b>
          two  spaces and a tab:\tend.
        """ + "The tramontane is a cold wind from the north. ".repeat(8);

    /** Everything that Markdown has and the page shows. */
    private static final String TOUR = """
        # The tramontane

        A **cold** and _dry_ wind, `blow()`, ~~warm~~, see [its page](https://example.org/wind).

        - one
        - two
          - nested deeper

        3. third
        4. fourth

        > It clears the sky.

        ```java
        if (a < b) {
            blow("\\t");
        }
        ```

        | wind | km/h |
        |------|-----:|
        | Tramontane | 100 |

        ---

        The end.
        """;

    private static final String HARM = """
        <script>window.pwned = 1</script>
        <img src="x" onerror="window.pwned = 1"><iframe src="javascript:window.pwned = 1"></iframe>

        [a](javascript:window.pwned=1) [b](JaVaScRiPt:window.pwned=1) [c](java&#10;script:window.pwned=1) \
        [d](data:text/html;base64,PHNjcmlwdD4=) [e](vbscript:x) [f](//example.org/x) [g](/v1/models) [h](file:///etc/passwd)

        ![seen](https://images.example/?secret=1) ![x](javascript:window.pwned=1) <https://example.org/?q="><script>

        ```"><script>window.pwned=1</script>
        </code></pre><script>window.pwned = 1</script>
        ```
        """;

    /** Right-to-left override and an isolate that nothing closes. */
    private static final String REORDERED = """
        It says \u202egnihtyna\u2067 and

        what follows is itself.

        ```js
        let isAdmin = false; // \u202e } \u2066if (isAdmin)
        ```
        """;

    /** Questions whose answers the scripts stop. */
    private static final Pattern STOPPED = Pattern.compile("user: (second|third|stop);>$");

    @Test
    void aPersonCanChat() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = slowly(engine)) {
            drive("chat", served, ANSWER);
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

    /** Item 64 of the reliability list, and Markdown as it should look. */
    @Test
    void whatModelsWriteIsShownAndInert() throws Exception {
        ScriptedEngine engine = ScriptedEngine.inTurn(
                TOUR,
                HARM,
                REORDERED,
                "> ".repeat(1700),
                "*a **b [c](".repeat(330),
                "|a".repeat(800) + "\n" + "|-".repeat(800) + "\n",
                "```\n" + "x".repeat(3500),
                TOUR);
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            drive(
                    "markdown",
                    served,
                    Long.toUnsignedString(Seeds.next() & 0xffff_ffffL),
                    Integer.toString(Math.min(20_000, Integer.getInteger("tramontane.fuzz.inputs", 400))));
        }
    }

    @Test
    void conversationsAreKeptBranchedAndDeleted() throws Exception {
        ScriptedEngine engine = ScriptedEngine.inTurn(
                "answer 1", "answer 2", "answer 3", "answer 4", "answer 5", "answer 6", "answer 7");
        try (Served served = new Served(engine, Served.config()).stepping(engine::step)) {
            drive("conversations", served);
        }
        List<String> prompts =
                engine.runs.stream().map(ChatPageBrowserTest::prompt).toList();
        assertThat(prompts)
                .startsWith(
                        "user: first question;>",
                        "user: another chat;>",
                        "user: first question;>",
                        "user: first question;assistant: answer 3;user: below the second;>",
                        "user: first question;assistant: answer 3;user: put differently;>",
                        "user: another chat;assistant: answer 2;user: written offline;>");
    }

    /** Cut in mid-answer, held, reloaded, forgotten by the server, with a hole. */
    @Test
    void anAnswerGoesOnOverLostConnections() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = slowly(engine)) {
            drive("resume", served, ANSWER);
        }
        assertThat(engine.runs).as("nothing was computed twice").hasSize(7);
    }

    /** What a model thinks, in a block of its own; cut in its middle, reloaded, kept. */
    @Test
    void thoughtsAreShownApart() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = slowly(engine)) {
            drive("thoughts", served, ANSWER);
        }
        // What was thought is no part of what is asked next.
        String said = prompt(engine.runs.get(1));
        assertThat(said).startsWith("user: think;assistant: ").endsWith(";user: second;>");
        assertThat(said.length()).isLessThan(ANSWER.length());
        assertThat(engine.runs).as("nothing was computed twice").hasSize(3);
    }

    /** Refused for now, held by another server, handed on by one that leaves, gone. */
    @Test
    void whatIsRefusedForNowIsAskedAgain() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = slowly(engine)) {
            drive("refusals", served, ANSWER);
        }
        assertThat(engine.runs).as("nothing was computed twice").hasSize(6);
    }

    @Test
    void whereNoSocketGetsThroughAnswersComeOverHttp() throws Exception {
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served = slowly(engine)) {
            drive("http", served, ANSWER);
        }
        assertThat(engine.runs).as("nothing was computed twice").hasSize(6);
        assertThat(engine.runs.get(3).cancelled()).isTrue();
    }

    @Test
    void whoHasAKeyCanChat() throws Exception {
        String key = SecretKey.make(new SecureRandom());
        KeyRing ring =
                new KeyRing(List.of(new KeyEntry("page", SecretKey.hash(key), KeyLimits.NONE)), System::nanoTime);
        ScriptedEngine engine = new ScriptedEngine(ANSWER);
        try (Served served =
                new Served(engine, Served.config(), Doorkeeper.of(ring, KeyObserver.NONE)).stepping(engine::step)) {
            drive("keyed", served, ANSWER, key);
        }
        assertThat(engine.runs)
                .singleElement()
                .satisfies(run -> assertThat(prompt(run)).isEqualTo("user: keyed;>"));
    }

    /** Slow enough to be seen streaming; what is to be stopped also by a browser that has little of the machine. */
    private static Served slowly(ScriptedEngine engine) {
        return new Served(engine, Served.config()).stepping(() -> {
            boolean stopped = !engine.runs.isEmpty()
                    && STOPPED.matcher(prompt(engine.runs.getLast())).find();
            LockSupport.parkNanos(stopped ? 20_000_000 : 2_000_000);
            return engine.step();
        });
    }

    private static void drive(String script, Served served, String... more) throws Exception {
        ClientProgram.inBrowser(script, "http://127.0.0.1:" + served.port + "/", more);
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
