package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.TextGenerator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import reactor.core.publisher.Flux;

class ChatSessionTest {
    private final List<List<Map<String, @Nullable Object>>> asked = new ArrayList<>();
    private final Deque<Flux<GenerationEvent>> answers = new ArrayDeque<>();
    private final List<String> statistics = new ArrayList<>();

    /** A person who says the given lines, and may press Ctrl-C as soon as an answer has begun. */
    private static final class Script implements Dialogue {
        final Deque<String> lines = new ArrayDeque<>();
        final StringBuilder shown = new StringBuilder();
        boolean impatient;

        Script(String... said) {
            lines.addAll(List.of(said));
        }

        @Override
        public Optional<String> read() {
            return Optional.ofNullable(lines.poll());
        }

        @Override
        public void print(String text) {
            shown.append(text);
        }

        @Override
        public void remark(String text) {
            shown.append('(').append(text).append(")\n");
        }

        @Override
        public void onInterrupt(Runnable action) {
            if (impatient) {
                action.run();
            }
        }

        @Override
        public void close() {}
    }

    private final TextGenerator generator = new AnswersOnly("m", 100) {
        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            if (!(request.prompt() instanceof Prompt.Chat chat)) {
                throw new AssertionError("a chat asks for chats");
            }
            assertThat(chat.conversation().addGenerationPrompt()).isTrue();
            asked.add(chat.conversation().messages());
            return answers.remove();
        }
    };

    private void whole(String... pieces) {
        List<GenerationEvent> events = new ArrayList<>();
        for (String piece : pieces) {
            events.add(new Delta(0, piece, List.of()));
        }
        events.add(new Finished(0, Reason.STOP, "", new Usage(5, 0, pieces.length)));
        answers.add(Flux.fromIterable(events));
    }

    private String talk(Script script, @Nullable String system) throws InterruptedException {
        SamplingOptions sampling = new Defaults().sampling;
        new ChatSession(
                        generator,
                        sampling::request,
                        script,
                        system,
                        answer -> answer.statistics().ifPresent(statistics::add))
                .run();
        return script.shown.toString();
    }

    /** Sampling options with their defaults, as picocli sets them. */
    @CommandLine.Command
    private static final class Defaults {
        @CommandLine.Mixin
        private final SamplingOptions sampling = new SamplingOptions();

        Defaults() {
            new CommandLine(this).parseArgs();
        }
    }

    private static Map<String, @Nullable Object> said(String role, String content) {
        return Map.of("role", role, "content", content);
    }

    @Test
    void everyTurnCarriesTheOnesBefore() throws InterruptedException {
        whole("Hel", "lo.");
        whole("Paris.");
        assertThat(talk(new Script("Hi", "", "  And the capital? "), "Be brief."))
                .isEqualTo("Hello.\nParis.\n");
        assertThat(asked)
                .containsExactly(
                        List.of(said("system", "Be brief."), said("user", "Hi")),
                        List.of(
                                said("system", "Be brief."),
                                said("user", "Hi"),
                                said("assistant", "Hello."),
                                said("user", "And the capital?")));
        assertThat(statistics).hasSize(2);
        assertThat(statistics.getFirst())
                .startsWith("5 prompt tokens, ")
                .contains("2 tokens")
                .endsWith("ended by stop");
    }

    @Test
    void aStoppedAnswerIsKeptAsFarAsItWent() throws InterruptedException {
        answers.add(
                Flux.<GenerationEvent>just(new Delta(0, "Once upon", List.of())).concatWith(Flux.never()));
        answers.add(Flux.never());
        whole("Yes.");
        Script script = new Script("A story", "Another", "Done?");
        script.impatient = true;
        assertThat(talk(script, null)).isEqualTo("Once upon\n(stopped)\n\n(stopped)\nYes.\n");
        assertThat(asked.getLast())
                .as("a turn stopped before its first word leaves no trace")
                .containsExactly(said("user", "A story"), said("assistant", "Once upon"), said("user", "Done?"));
    }

    @Test
    void aRefusedTurnIsTakenBack() throws InterruptedException {
        answers.add(Flux.error(
                new GenerationException(GenerationException.Kind.TOO_LARGE, "The prompt is too long.", "prompt", 0)));
        whole("Hello.");
        assertThat(talk(new Script("x".repeat(1000), "Hi"), null))
                .isEqualTo("(The prompt is too long. /reset starts anew.)\nHello.\n");
        assertThat(asked.getLast()).containsExactly(said("user", "Hi"));
    }

    @Test
    void commandsAreNoTurns() throws InterruptedException {
        whole("Hello.");
        whole("Who?");
        assertThat(talk(new Script("Hi", "/help", "/reset", "Do you know me?", "/exit", "never said"), "S"))
                .isEqualTo("Hello.\n(" + ChatSession.HELP + ")\n(forgotten)\nWho?\n");
        assertThat(asked.getLast()).containsExactly(said("system", "S"), said("user", "Do you know me?"));
    }

    @Test
    void whatTheModelIsToldFirstCanBeChanged() throws InterruptedException {
        whole("a");
        whole("b");
        whole("c");
        assertThat(talk(
                        new Script("/system", "/system Be brief.", "1", "/system", "/reset", "2", "/system none", "3"),
                        null))
                .isEqualTo("""
                    (the model is told nothing first)
                    (the model is told that first from now on)
                    a
                    (the model is told first: Be brief.)
                    (forgotten)
                    b
                    (the model is told nothing first any more)
                    c
                    """);
        assertThat(asked.get(0)).containsExactly(said("system", "Be brief."), said("user", "1"));
        assertThat(asked.get(1)).containsExactly(said("system", "Be brief."), said("user", "2"));
        assertThat(asked.get(2)).containsExactly(said("user", "2"), said("assistant", "b"), said("user", "3"));
    }

    @Test
    void unknownCommandsAreNotSentButNamed() throws InterruptedException {
        whole("a");
        whole("b");
        assertThat(talk(new Script("/rest", "/", "/etc/passwd, what is it?", " /rest"), null))
                .isEqualTo("(there is no /rest. " + ChatSession.HELP + ")\n(there is no /. " + ChatSession.HELP
                        + ")\na\nb\n");
        assertThat(asked.get(0)).containsExactly(said("user", "/etc/passwd, what is it?"));
        assertThat(asked.get(1).getLast()).isEqualTo(said("user", "/rest"));
        assertThat(ChatSession.HELP).contains("/help", "/reset", "/system", "/exit");
    }
}
