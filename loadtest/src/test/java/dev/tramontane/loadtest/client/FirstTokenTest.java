package dev.tramontane.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.loadtest.plan.Ask;
import dev.tramontane.loadtest.plan.Behaviour;
import dev.tramontane.loadtest.plan.Tenant;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A thought's first token is an answer's first, and so is a call's, by whatever name a server tells it. One event a second. */
final class FirstTokenTest {
    private static Outcome read(boolean response, String... events) {
        AtomicLong seconds = new AtomicLong();
        List<Outcome> outcomes = new ArrayList<>();
        Ask ask = new Ask(0, () -> "why", 9, new Tenant("a", "", 1), Behaviour.STEADY, List.of());
        Exchange exchange = new Exchange(ask, 0, seconds::get, outcomes::add);
        exchange.sending();
        SseAnswer answer = new SseAnswer(response, exchange);
        for (String event : events) {
            seconds.incrementAndGet();
            answer.take(Buffer.buffer("data: " + event + "\n\n"));
        }
        assertThat(outcomes).hasSize(1);
        assertThat(outcomes.getFirst().why()).isEmpty();
        return outcomes.getFirst();
    }

    private static String delta(String members) {
        return "{\"choices\": [{\"delta\": " + members + "}]}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"reasoning_content\": \"Hm\"}",
                "{\"reasoning\": \"Hm\"}",
                "{\"reasoning\": \"Hm\", \"reasoning_content\": \"Hm\", \"content\": null}",
                "{\"content\": [{\"type\": \"thinking\", \"thinking\": [{\"type\": \"text\", \"text\": \"Hm\"}]}]}",
                "{\"content\": [{\"type\": \"text\", \"text\": \"Hm\"}]}",
                "{\"tool_calls\": [{\"index\": 0, \"id\": \"a\", \"function\": {\"name\": \"Hm\", \"arguments\": \"\"}}]}",
            })
    void ofChats(String first) {
        Outcome outcome = read(
                false,
                delta("{\"role\": \"assistant\", \"content\": \"\"}"),
                delta(first),
                delta("{\"content\": \".\"}"),
                "{\"choices\": [{\"delta\": {}, \"finish_reason\": \"stop\"}]}",
                "[DONE]");
        assertThat(outcome.firstToken()).isEqualTo(2);
        assertThat(outcome.events()).containsExactly(2, 3);
        assertThat(outcome.text()).isEqualTo("Hm.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"reasoning_text", "reasoning_summary_text"})
    void ofResponses(String name) {
        String part = name.equals("reasoning_text") ? "content" : "summary";
        Outcome outcome = read(
                true,
                "{\"type\": \"response.created\", \"response\": {\"id\": \"resp_1\"}}",
                "{\"type\": \"response.output_item.added\", \"item\": {\"type\": \"reasoning\"}}",
                "{\"type\": \"response." + name + ".delta\", \"delta\": \"Hm\"}",
                "{\"type\": \"response.output_text.delta\", \"delta\": \".\"}",
                "{\"type\": \"response.completed\", \"response\": {\"output\": [{\"type\": \"reasoning\", \"" + part
                        + "\": [{\"text\": \"Hm\"}]}, {\"type\": \"message\", \"content\": [{\"text\": \".\"}]}]}}");
        assertThat(outcome.firstToken()).isEqualTo(3);
        assertThat(outcome.text()).isEqualTo("Hm.");
    }

    @Test
    void ofCallsInResponses() {
        Outcome outcome = read(
                true,
                "{\"type\": \"response.output_item.added\", \"item\": {\"type\": \"function_call\", \"name\": \"f\"}}",
                "{\"type\": \"response.function_call_arguments.delta\", \"delta\": \"{}\"}",
                "{\"type\": \"response.completed\", \"response\": {\"output\": [{\"type\": \"function_call\","
                        + " \"name\": \"f\", \"arguments\": \"{}\"}]}}");
        assertThat(outcome.firstToken()).isEqualTo(1);
        assertThat(outcome.events()).containsExactly(1, 2);
    }

    /** The whole that a server tells at the end has its thoughts in it. */
    @Test
    void piecesOfThoughtsAreChecked() {
        AtomicLong clock = new AtomicLong();
        List<Outcome> outcomes = new ArrayList<>();
        Ask ask = new Ask(0, () -> "why", 9, new Tenant("a", "", 1), Behaviour.STEADY, List.of());
        SseAnswer answer = new SseAnswer(true, new Exchange(ask, 0, clock::get, outcomes::add));
        answer.take(Buffer.buffer("data: {\"type\": \"response.reasoning_text.delta\", \"delta\": \"Hm\"}\n\n"
                + "data: {\"type\": \"response.completed\", \"response\": {\"output\": [{\"type\": \"reasoning\","
                + " \"content\": [{\"text\": \"Hmm\"}]}]}}\n\n"));
        assertThat(outcomes.getFirst().why()).contains("are not the whole");
    }
}
