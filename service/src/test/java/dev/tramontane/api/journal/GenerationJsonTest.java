package dev.tramontane.api.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.CallRules;
import dev.tramontane.chat.Conversation;
import dev.tramontane.engine.Speculation;
import dev.tramontane.engine.Tenant;
import dev.tramontane.engine.Urgency;
import dev.tramontane.generation.AnswerForm;
import dev.tramontane.generation.GenerationRequest;
import dev.tramontane.generation.Guessing;
import dev.tramontane.generation.Prompt;
import dev.tramontane.generation.StopRules;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonReader;
import dev.tramontane.json.JsonWriter;
import dev.tramontane.model.Sampling;
import dev.tramontane.model.SamplingParameter;
import dev.tramontane.structure.Form;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** All that decides what follows is in the file: an answer that goes on from less would be another answer. */
final class GenerationJsonTest {
    private static final Tenant WHOSE = new Tenant("somebody", 40);

    private static GenerationJson at(long millis, long nanos) {
        return new GenerationJson(InstantSource.fixed(Instant.ofEpochMilli(millis)), () -> nanos);
    }

    private static GenerationRequest again(
            GenerationRequest request, int[] prompt, GenerationJson to, GenerationJson from) {
        byte[] json = JsonWriter.bytes(out -> to.write(out, request, prompt));
        return from.read(new JsonFields(JsonReader.object(json)), WHOSE);
    }

    @Test
    void whatIsWrittenIsRead() {
        Sampling sampling = Sampling.NEUTRAL
                .withSeed(Long.MIN_VALUE + 7)
                .withBias(Map.of(5, -1.3f, 7, 100f))
                .withAllowed(Set.of(1, 5, 7));
        for (SamplingParameter parameter : SamplingParameter.values()) {
            sampling =
                    sampling.with(parameter, parameter.whole() ? 13 : Math.min(parameter.max(), parameter.min() + 0.1));
        }
        GenerationRequest request = new GenerationRequest(
                        new Prompt.Text("a text"),
                        3,
                        OptionalInt.of(99),
                        new StopRules(2, List.of("\n\n", "ß"), true, Set.of(9, 4), true),
                        sampling,
                        true,
                        4,
                        -1)
                .of(WHOSE.salted("salt"))
                .guessed(new Guessing(Speculation.Method.LOOKUP, 7, "an \"answer\""))
                .when(new Urgency(-3, OptionalLong.of(5_000_000_000L)));
        int[] prompt = {3, 1, 4};
        GenerationRequest read = again(request, prompt, at(1_000, 2_000_000_000L), at(2_500, 70_000_000_000L));
        assertThat(((Prompt.Ids) read.prompt()).ids()).isEqualTo(prompt);
        assertThat(read.urgency())
                .as("3 s were left, 1.5 s have passed")
                .isEqualTo(new Urgency(-3, OptionalLong.of(71_500_000_000L)));
        assertThat(read.asking(request.prompt()).when(request.urgency())).isEqualTo(request);
        assertThat(read.sampling()).isEqualTo(sampling);
    }

    @Test
    void whatIsNotAskedIsNotAskedAfterwards() {
        GenerationRequest request = new GenerationRequest(
                        new Prompt.Ids(new int[] {1}),
                        1,
                        OptionalInt.empty(),
                        StopRules.at(List.of()),
                        Sampling.GREEDY,
                        false,
                        -1,
                        -1)
                .of(WHOSE);
        GenerationRequest read = again(request, new int[] {1}, at(0, 0), at(9, 9));
        assertThat(read.asking(request.prompt())).isEqualTo(request);
    }

    /** Words, thoughts and calls are told apart where it goes on as they were where it began. */
    @Test
    void whatMayBeCalledIsKept() {
        Map<String, Object> weather = Map.of("type", "object", "properties", Map.of("city", Map.of()));
        for (List<Map<String, @Nullable Object>> tools : List.<List<Map<String, @Nullable Object>>>of(
                List.of(),
                List.of(Map.of("type", "function", "function", Map.of("name", "weather", "parameters", weather))))) {
            GenerationRequest request = new GenerationRequest(
                            new Prompt.Chat(new Conversation(
                                    List.of(Map.of("role", "user", "content", "Hi")), tools, true, false, Map.of())),
                            1,
                            OptionalInt.empty(),
                            StopRules.at(List.of()),
                            Sampling.GREEDY,
                            false,
                            -1,
                            -1)
                    .of(WHOSE);
            GenerationRequest read = again(request, new int[] {1, 2}, at(0, 0), at(9, 9));
            assertThat(read.prompt()).isInstanceOf(Prompt.LaidOut.class);
            assertThat(((Prompt.LaidOut) read.prompt()).ids()).containsExactly(1, 2);
            assertThat(read.prompt().tools()).isEqualTo(request.prompt().tools());
        }
        GenerationRequest text = new GenerationRequest(
                new Prompt.Text("a"), 1, OptionalInt.empty(), StopRules.at(List.of()), Sampling.GREEDY, false, -1, -1);
        assertThat(again(text, new int[] {1}, at(0, 0), at(0, 0)).prompt().tools())
                .isNull();
    }

    @Test
    void whatItMustBeIsKept() {
        GenerationRequest free = new GenerationRequest(
                        new Prompt.Ids(new int[] {1}),
                        1,
                        OptionalInt.empty(),
                        StopRules.at(List.of()),
                        Sampling.GREEDY,
                        false,
                        -1,
                        -1)
                .of(WHOSE);
        for (Form form : List.of(
                new Form.Choice(List.of("yes", "no")),
                new Form.Regex("a+"),
                new Form.Grammar("root ::= \"a\" root | \"b\""),
                new Form.JsonSchema(Map.of("type", "object"), true),
                new Form.JsonSchema(true, false, true),
                new Form.JsonObject(true),
                new Form.JsonObject())) {
            GenerationRequest request = free.formed(new AnswerForm(form, "text.format", 7, "city"));
            GenerationRequest read = again(request, new int[] {1}, at(0, 0), at(9, 9));
            assertThat(read.asking(request.prompt())).isEqualTo(request);
        }
    }

    @Test
    void whichCallsItMayMakeIsKept() {
        GenerationRequest none = new GenerationRequest(
                        new Prompt.Ids(new int[] {1}),
                        1,
                        OptionalInt.empty(),
                        StopRules.at(List.of()),
                        Sampling.GREEDY,
                        false,
                        -1,
                        -1)
                .of(WHOSE);
        for (CallRules.Need need : CallRules.Need.values()) {
            GenerationRequest request = none.calling(
                            new CallRules(need, Set.of("pay"), Set.of("b", "a"), need == CallRules.Need.MUST))
                    .thinkingAtMost(OptionalInt.of(7));
            GenerationRequest read = again(request, new int[] {1}, at(0, 0), at(9, 9));
            assertThat(read.asking(request.prompt())).isEqualTo(request);
        }
    }

    /** Whoever adds something to a request has to say here whether answers in files need it. An adapter is found by the model's name. */
    @Test
    void nothingOfARequestIsForgotten() {
        assertThat(components(GenerationRequest.class))
                .containsExactlyInAnyOrder(
                        "prompt",
                        "choices",
                        "maxTokens",
                        "stops",
                        "sampling",
                        "showControl",
                        "tops",
                        "promptTops",
                        "tenant",
                        "continuation",
                        "urgency",
                        "form",
                        "calls",
                        "thinking",
                        "guessing",
                        "adapter");
        assertThat(components(StopRules.class))
                .containsExactlyInAnyOrder("minTokens", "strings", "includeString", "tokens", "ignoreEnd");
        assertThat(Arrays.stream(Sampling.class.getDeclaredFields())
                        .filter(field -> !java.lang.reflect.Modifier.isStatic(field.getModifiers()))
                        .map(java.lang.reflect.Field::getName))
                .containsExactlyInAnyOrder("values", "bias", "allowed", "seed");
    }

    private static List<String> components(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
    }
}
