package dev.tramontane.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLinesTest {
    private static final String TEXT =
            ": ping\n\nid: a:b:7\ndata: {\"a\":\"é\"}\n\nevent: x\r\nid:8\r\ndata:two\r\ndata: lines\r\n\r\nid: 5\n\n"
                    + "data: old\r\rdata: [DONE]\n\ndata: cut";
    private static final List<EventLines.Event> EVENTS = List.of(
            new EventLines.Event("a:b:7", "{\"a\":\"é\"}"),
            new EventLines.Event("8", "two\nlines"),
            new EventLines.Event("", "old"), // An id alone is no event, and not the next one's.
            new EventLines.Event("", "[DONE]"));

    @Test
    void eventsAreTheSameHoweverBytesAreCut() {
        Buffer bytes = Buffer.buffer(TEXT);
        for (int piece = 1; piece <= bytes.length(); piece++) {
            EventLines lines = new EventLines();
            List<EventLines.Event> events = new ArrayList<>();
            for (int from = 0; from < bytes.length(); from += piece) {
                events.addAll(lines.take(bytes.getBuffer(from, Math.min(bytes.length(), from + piece))));
            }
            assertThat(events).as("pieces of %d", piece).isEqualTo(EVENTS);
        }
    }

    @Test
    void aServerWithoutEndFillsNoMemory() {
        EventLines lines = new EventLines();
        Buffer piece = Buffer.buffer("x".repeat(1 << 16));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        lines.take(piece);
                    }
                })
                .hasMessageContaining("an event of more than");
    }
}
