package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.answer.AnswerPart;
import dev.tramontane.fixtures.Allocated;
import dev.tramontane.json.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What many items, or a long answer, cost in bytes copied: each text once or twice, whatever there is beside it. */
final class CopiesTest {
    private static final int ITEMS = 2000;
    private static final String TEXT = "x".repeat(1000);

    /** Of all texts together; copied for each item they were a thousand times as much. */
    private static final long FEW = 20L * ITEMS * TEXT.length();

    @ParameterizedTest
    @ValueSource(strings = {"thoughts", "words", "calls"})
    void itemsOfOneTurnAreJoinedOnce(String what) {
        List<Item> items = new ArrayList<>();
        items.add(Item.user("go"));
        if (what.equals("words")) { // Behind a call, where a turn has one content.
            items.add(new Item.Call("first", "f", "{}", true));
        }
        for (int i = 0; i < ITEMS; i++) {
            items.add(
                    switch (what) {
                        case "thoughts" -> new Item.Thought(TEXT);
                        case "words" -> Item.assistant(TEXT);
                        default -> new Item.Call("call" + i, "f", TEXT, true);
                    });
        }
        List<Map<String, @Nullable Object>> messages = new ArrayList<>();
        Dialogue.answered(List.of(), items); // Classes are there.
        long bytes = Allocated.by(() -> messages.addAll(Dialogue.answered(List.of(), items)));
        assertThat(bytes).isLessThan(FEW);
        assertThat(messages).hasSize(2);
        Map<String, @Nullable Object> turn = messages.getLast();
        switch (what) {
            case "thoughts" -> assertThat(turn).containsEntry("reasoning_content", TEXT.repeat(ITEMS));
            case "words" -> assertThat(turn).containsEntry("content", TEXT.repeat(ITEMS));
            default -> assertThat((List<?>) turn.get("tool_calls")).hasSize(ITEMS);
        }
    }

    /** A delta says what is new; what there is already is not looked at. */
    @Test
    void aDeltaCostsTheSameHoweverLongItsItemIs() {
        ResponseOutput output = new ResponseOutput("id", call -> "call" + call, List.of(), 0);
        ResponseOutput.Sink nowhere = (String type, JsonWriter.Value fields) -> {};
        List<AnswerPart> more = List.of(new AnswerPart.Words("word "));
        Runnable thousand = () -> {
            for (int i = 0; i < 1000; i++) {
                output.add(more, 1, nowhere);
            }
        };
        thousand.run();
        long first = Allocated.by(thousand);
        for (int i = 0; i < 40; i++) {
            thousand.run();
        }
        long later = Allocated.by(thousand);
        assertThat(output.characters()).isEqualTo(43 * 5000);
        assertThat(later).isLessThan(2 * first + 3L * output.characters()); // The builder may have grown.
    }
}
