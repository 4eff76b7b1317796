package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.api.Allowed;
import dev.tramontane.api.ApiConfig;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.SocketLimits;
import dev.tramontane.api.TransportLimits;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.journal.JournalException;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.engine.Tenant;
import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Reason;
import dev.tramontane.generation.GenerationEvent.Token;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;

/** A stream's file gives the stream that was written, or says which of its fields is wrong. */
final class StreamJsonTest {
    private static final int MUTATIONS = 5_000;
    static final ApiConfig CONFIG = new ApiConfig(
            "127.0.0.1",
            0,
            1,
            TransportLimits.DEFAULT,
            SocketLimits.DEFAULT,
            RequestLimits.DEFAULT,
            Duration.ofSeconds(15),
            64,
            new Allowed(Set.of(), Set.of()),
            Set.of(),
            false,
            "fp");
    private static final AnswerJobs JOBS =
            new AnswerJobs(CONFIG, ServedModels.of(new Silent(), 0), () -> Instant.EPOCH);
    private static final StreamJson JSON = new StreamJson(new GenerationJson(() -> Instant.EPOCH), JOBS, false);

    private static final class Silent extends AnswersOnly {
        Silent() {
            super("m", 1000);
        }

        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return Flux.never();
        }
    }

    /** Nothing of it has been told. */
    static ToldStream begun() {
        byte[] body = """
            {"model": "m", "stream": true, "n": 2, "messages": [{"role": "user", "content": "x"}],
             "temperature": 0.3, "stream_options": {"include_usage": true}}\
            """.getBytes(StandardCharsets.UTF_8);
        AnswerJob job = AnswerPath.CHAT.read(
                JOBS, new JsonFields(JsonReader.object(body)), JOBS.origin("chatcmpl-x", 17, null));
        return ToldStream.begun(AnswerPath.CHAT, body, Duration.ofSeconds(9), job);
    }

    /** One choice has ended, and one has called a tool. */
    private static StreamSnapshot stream() {
        ToldStream told = begun();
        told.tell(new PromptEvent(0, new Accepted(new int[] {1, 2, 3}, "x")));
        told.tell(new PromptEvent(0, new Finished(0, Reason.STOP, "", new Usage(3, 1, 1))));
        told.tell(new PromptEvent(
                0,
                new Delta(
                        1,
                        "Grü",
                        List.of(token(4), token(5)),
                        List.of(
                                new AnswerPart.Thought("Gr"),
                                new AnswerPart.CallBegun(0, "", "now"),
                                new AnswerPart.CallText(0, "ü")),
                        2,
                        1)));
        return new StreamSnapshot(
                told,
                new PastEvents(1, List.of(new LoggedEvent(1, "", "data: {}"), new LoggedEvent(2, "", ""))),
                false);
    }

    private static Token token(int id) {
        return new Token(id, "", new byte[0], 0, List.of(), 0);
    }

    @Test
    void whatIsWrittenIsRead() {
        StreamSnapshot written = stream();
        StreamSnapshot read = JSON.read(JSON.write(written), Tenant.COMMON);
        assertThat(read.events()).isEqualTo(written.events());
        assertThat(read.over()).isFalse();
        ToldStream told = read.told();
        assertThat(told.id()).isEqualTo("chatcmpl-x");
        assertThat(told.path()).isEqualTo(AnswerPath.CHAT);
        assertThat(told.longestWait()).isEqualTo(Duration.ofSeconds(9));
        assertThat(told.body()).isEqualTo(written.told().body());
        ToldPrompt prompt = told.prompts().getFirst();
        assertThat(prompt.ids()).containsExactly(1, 2, 3);
        assertThat(prompt.choices().getFirst().end()).isEqualTo(new Finished(0, Reason.STOP, "", new Usage(3, 1, 1)));
        assertThat(prompt.choices().getLast().tokens()).containsExactly(4, 5);
        assertThat(prompt.choices().getLast().codePoints()).isEqualTo(3);
        assertThat(prompt.choices().getLast().cachedTokens()).isEqualTo(2);
        assertThat(prompt.choices().getLast().outline())
                .isEqualTo(
                        written.told().prompts().getFirst().choices().getLast().outline());
        assertThat(told.rest()).hasSize(1);
        GenerationRequest rest = told.rest().getFirst().request();
        assertThat(rest.continuation()).isNotNull();
        assertThat(rest.sampling())
                .isEqualTo(written.told().prompts().getFirst().request().sampling());
        Finished end = new Finished(1, Reason.STOP, "", new Usage(3, 0, 3, 0, 2, 1));
        assertThat(told.tell(new PromptEvent(0, end)))
                .as("it knows that a tool was called")
                .isEqualTo(written.told().tell(new PromptEvent(0, end)))
                .asString(StandardCharsets.UTF_8)
                .contains("tool_calls");
        assertThat(told.job().format().last())
                .as("and what was counted")
                .isEqualTo(written.told().job().format().last());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "'\"path\":\"/v1/chat' | '\"path\":\"/v2/chat' | 'path must be the path of a chat or a completion,"
                        + " got'",
                "'\"wait_seconds\":9' | '\"wait_seconds\":0' | 'wait_seconds must be a whole number between 1 and'",
                "'\\\"n\\\": 2' | '\\\"n\\\": 3' | 'prompts[0].choices must be as many as the request asks for, got'",
                "'\"created_at\":' | '\"x\":' | 'created_at is missing'",
                "'\"tokens\":[4,5]' | '\"tokens\":[4,-5]' | 'prompts[0].choices[1].tokens[1] must be a whole number'",
                "'\"kind\":\"thought\"' | '\"kind\":\"idea\"' | 'prompts[0].choices[1].outline[0].kind must be words'",
                "'\"reason\":\"STOP\"' | '\"reason\":\"TIRED\"' | 'prompts[0].choices[0].end.reason must be one of'",
                "'\"data: {}\"' | '\"event: x\"' | 'events must be events of data alone, got'",
                "'\"data: {}\"' | '\"data: {}\\n\\nx\"' | 'events[1] must be one line, got'",
                "'\"first_event\":1' | '\"first_event\":-1' | 'first_event must be a whole number between 0 and'",
                "'\"seed\":' | '\"side\":' | 'prompts[0].generation.sampling.seed is missing'",
            })
    void eachFaultHasItsWords(String part, String other, String words) {
        String sound = new String(JSON.write(stream()), StandardCharsets.UTF_8);
        assertThat(sound).contains(part);
        byte[] broken = sound.replace(part, other).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> JSON.read(broken, Tenant.COMMON))
                .isInstanceOf(InvalidJsonException.class)
                .hasMessageStartingWith(words);
    }

    /** Another server may know the model, or allow what this one does not. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\\\"model\\\": \\\"m\\\" | \\\"model\\\": \\\"x\\\" | The model 'x' does not exist here",
                "\\\"stream\\\": true | \\\"stream\\\": false | stream_options needs stream to be true",
                "\\\"n\\\": 2 | \\\"n\\\": 9 | n must be",
                "\\\"n\\\": 2 | \\\"nn\\\": 2 | unknown field nn"
            })
    void whatIsRefusedHereIsNoDamage(String part, String other, String words) {
        String sound = new String(JSON.write(stream()), StandardCharsets.UTF_8);
        assertThat(sound).contains(part);
        byte[] refused = sound.replace(part, other).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> JSON.read(refused, Tenant.COMMON))
                .isInstanceOf(JournalException.class)
                .hasMessageStartingWith("holds a request that is refused here: " + words);
    }

    @Test
    void whateverABrokenFileSaysItIsReadOrRefused() {
        String sound = new String(JSON.write(stream()), StandardCharsets.UTF_8);
        Mutations.ofText(List.of(sound), Mutations.jsonWords(), InvalidJsonException.class)
                .run(MUTATIONS, input -> {
                    StreamSnapshot read;
                    try {
                        read = JSON.read(input, Tenant.COMMON);
                    } catch (JournalException refusedHere) {
                        return;
                    }
                    read.told().rest();
                    JSON.write(read);
                });
    }
}
