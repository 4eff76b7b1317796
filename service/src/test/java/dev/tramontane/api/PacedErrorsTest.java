package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Sinks;

/** A stream whose writing throws on the event loop is told as failed, once, or else cut; its publisher is cancelled. */
class PacedErrorsTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    /** Notes its calls and dies in those that the test names. */
    private static final class Dying extends PacedSubscriber<String> {
        final List<String> calls = new CopyOnWriteArrayList<>();
        private final Set<String> deaths;

        Dying(Context context, Set<String> deaths) {
            super(context, 4);
            this.deaths = deaths;
        }

        private void call(String name) {
            calls.add(name);
            if (deaths.contains(name)) {
                throw new OutOfMemoryError("on purpose");
            }
        }

        @Override
        protected boolean isFull() {
            return false;
        }

        @Override
        protected void write(String item) {
            call("write");
        }

        @Override
        protected void flush() {}

        @Override
        protected void end() {
            call("end");
        }

        @Override
        protected void fail(Throwable cause) {
            call("fail");
        }

        @Override
        protected void abort() {
            calls.add("abort");
        }
    }

    @ParameterizedTest
    @CsvSource({"'', write end", "write, write fail", "write fail, write fail abort", "end, write end abort"})
    void endsWhateverIsThrown(String deaths, String calls) {
        Dying reader = new Dying(vertx.getOrCreateContext(), Set.of(deaths.split(" ")));
        Sinks.Many<String> sink = Sinks.many().unicast().onBackpressureBuffer();
        sink.asFlux().subscribe(reader);
        sink.tryEmitNext("word");
        await().until(() -> reader.calls.contains("write"));
        sink.tryEmitComplete();
        List<String> expected = List.of(calls.split(" "));
        await().untilAsserted(() -> assertThat(reader.calls).isEqualTo(expected));
        await().until(() -> sink.currentSubscriberCount() == 0);
    }
}
