package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.answer.AnswerStyle;
import dev.tramontane.api.RequestLimits;
import dev.tramontane.api.journal.GenerationJson;
import dev.tramontane.api.replay.LoggedEvent;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.engine.Tenant;
import dev.tramontane.fixtures.Mutations;
import dev.tramontane.generation.GenerationEvent.Usage;
import dev.tramontane.generation.Prompt;
import dev.tramontane.json.InvalidJsonException;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.UnknownFields;
import dev.tramontane.model.SamplingDefaults;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A response's file gives the response that was written, or says which of its fields is wrong. */
final class ResponseJsonTest {
    private static final int MUTATIONS = 20_000;
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final ResponseJson JSON = new ResponseJson(new GenerationJson(() -> Instant.EPOCH));

    private static final List<OutputItem> OUTPUT = List.of(
            new OutputItem(OutputItem.Kind.REASONING, "", "", "Hm"),
            OutputItem.message("Grü"),
            new OutputItem(OutputItem.Kind.CALL, "call_1", "now", "{\"a\""));

    private static ResponseSnapshot response(ResponseState.Phase phase) {
        ResponseCreate create = CreateReader.read(
                JsonReader.object("""
                    {"input": [{"role": "user", "content": "x"},
                               {"role": "developer", "content": [{"type": "input_text", "text": "y"}], "name": "n"}],
                     "instructions": "be brief", "stream": true, "max_output_tokens": 9, "stop": ["\\n"],
                     "metadata": {"k": "v"}, "temperature": 0.3}\
                    """.getBytes(StandardCharsets.UTF_8)),
                RequestLimits.DEFAULT,
                SamplingDefaults.NEUTRAL,
                UnknownFields.refused(),
                History.NONE);
        return new ResponseSnapshot(
                create,
                new ResponseState(ID, "m", "base:d1", 17, OUTPUT, 9, 2, 1, phase, 5),
                new PastEvents(3, List.of(new LoggedEvent(3, "t", "{}"), new LoggedEvent(4, "u", "{\"a\":1}"))),
                new int[] {1, 2, 3},
                new int[] {4, 5});
    }

    private static ResponseSnapshot again(ResponseSnapshot response) {
        return JSON.read(JSON.write(response), Tenant.COMMON);
    }

    @Test
    void whatIsWrittenIsRead() {
        for (ResponseState.Phase phase : List.of(
                ResponseState.Phase.of("in_progress"),
                ResponseState.Phase.completed(18, new Usage(3, 1, 2)),
                ResponseState.Phase.incomplete("incomplete", "steered", new Usage(3, 0, 2)),
                ResponseState.Phase.failed("server_error", "no luck"))) {
            ResponseSnapshot written = response(phase);
            ResponseSnapshot read = again(written);
            assertThat(read.state()).isEqualTo(written.state());
            assertThat(read.events()).isEqualTo(written.events());
            assertThat(read.prompt()).isEqualTo(written.prompt());
            assertThat(read.answer()).isEqualTo(written.answer());
            assertThat(((Prompt.Known) read.create().generation().prompt()).ids())
                    .isEqualTo(written.prompt());
            assertThat(read.create()
                            .generation()
                            .asking(written.create().generation().prompt()))
                    .isEqualTo(written.create().generation());
            assertThat(read.create().talk().items())
                    .isEqualTo(written.create().talk().items());
            assertThat(read.create().delivery()).isEqualTo(written.create().delivery());
            assertThat(read.create().instructions()).isEqualTo("be brief");
            assertThat(read.create().maxOutputTokens()).isEqualTo(9);
            assertThat(read.create().metadata()).isEqualTo(written.create().metadata());
            assertThat(read.rest().continuation()).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "'\"id\":\"0123456789abcdef' | '\"id\":\"../3456789abcdef' | 'id must be 40 to 48 hexadecimal digits,"
                        + " got'",
                "'\"status\":\"in_progress\"' | '\"status\":\"running\"' | 'phase.status must be one of cancelled,"
                        + " completed'",
                "'\"first_event\":3' | '\"first_event\":-3' | 'first_event must be a whole number between 0 and'",
                "'\"t\",\"{}\",' | '\"t\",' | 'events must be types and texts in turn, got an array'",
                "'\"{}\"' | '\"{}\\n\\ndata: x\"' | 'events[1] must be one line, got'",
                "'\"answer\":[4,5]' | '\"answer\":[4,-5]' | 'answer[1] must be a whole number between 0 and'",
                "'\"temperature\":' | '\"temperature\":77,\"x\":' | 'temperature must be between 0 and 10, got 77'",
                "'\"seed\":' | '\"side\":' | 'generation.sampling.seed is missing'",
                "'\"role\":\"developer\"' | '\"role\":\"root\"' | 'request.items[1].role must be user, assistant,"
                        + " system or'",
                "'\"text\":\"y\"' | '\"text\":1' | 'request.items[1].content[0].text must be a string, got 1'",
                "'\"model\":' | '\"modal\":' | 'model is missing'",
                "'\"k\":\"v\"' | '\"k\":1' | 'request.metadata.k must be a string, got 1'",
            })
    void eachFaultHasItsWords(String part, String other, String words) {
        String sound = new String(JSON.write(response(ResponseState.Phase.of("in_progress"))), StandardCharsets.UTF_8);
        assertThat(sound).contains(part);
        byte[] broken = sound.replace(part, other).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> JSON.read(broken, Tenant.COMMON))
                .isInstanceOf(InvalidJsonException.class)
                .hasMessageStartingWith(words);
    }

    @Test
    void whateverABrokenFileSaysItIsReadOrRefused() {
        List<String> sound = List.of(
                new String(JSON.write(response(ResponseState.Phase.of("in_progress"))), StandardCharsets.UTF_8),
                new String(
                        JSON.write(response(ResponseState.Phase.completed(18, new Usage(3, 1, 2)))),
                        StandardCharsets.UTF_8));
        Mutations.ofText(sound, Mutations.jsonWords(), InvalidJsonException.class)
                .run(MUTATIONS, input -> {
                    ResponseSnapshot read = JSON.read(input, Tenant.COMMON);
                    new ResponseEvents(read.state(), read.create(), AnswerStyle.PLAIN, () -> Instant.EPOCH).current();
                    JSON.write(read);
                    InputItems.messages(
                            read.create().instructions(),
                            read.create().talk().before(),
                            read.create().talk().items());
                    read.rest();
                });
    }
}
