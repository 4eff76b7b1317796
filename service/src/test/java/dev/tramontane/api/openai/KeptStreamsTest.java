package dev.tramontane.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.Pass;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.Tally;
import dev.tramontane.api.replay.PastEvents;
import dev.tramontane.api.replay.ReplayLimits;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams under names that clients chose. */
final class KeptStreamsTest {
    private static final String TENANT = "t";

    private final Vertx vertx = Vertx.vertx();
    private final RequestMemory memory = new RequestMemory(1 << 24);
    private final KeptStreams kept =
            new KeptStreams(vertx, StreamJsonTest.CONFIG, memory, new ReplayLimits(1 << 20, 4, Duration.ofHours(1)));

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private RecordedAnswer open() {
        ToldStream told = StreamJsonTest.begun();
        return kept.open(TENANT, told, PastEvents.NONE, 1, new Tally(), "", Pass.none());
    }

    /** An answer that is told twice that it is over takes nothing from the next one of its name. */
    @Test
    void anEndConcernsItsOwnAnswer() {
        RecordedAnswer first = open();
        first.wasOver();
        assertThat(kept.find(TENANT, first.path(), first.id())).isNull();
        assertThat(memory.held()).isZero();
        RecordedAnswer second = open();
        first.wasOver();
        first.failToStart(new IllegalStateException("again"));
        assertThat(kept.find(TENANT, second.path(), second.id())).isSameAs(second);
        assertThat(memory.held()).isPositive();
        second.wasOver();
        assertThat(kept.find(TENANT, second.path(), second.id())).isNull();
        assertThat(memory.held()).isZero();
    }
}
