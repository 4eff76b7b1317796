package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tramontane.api.openai.OpenAiRoutes;
import dev.tramontane.api.openai.ServedModels;
import dev.tramontane.fixtures.AnswersOnly;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationException;
import dev.tramontane.generation.GenerationException.Kind;
import dev.tramontane.generation.GenerationRequest;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscription;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;

/** Two prompts of a request fail on two threads at once: the client is told of one, and the other is no fault. */
@Timeout(300) // Only a hang reaches it.
class FailuresSideBySideTest {

    /** Fails both prompts when the second has come, each too far on its way to notice that it was cancelled. */
    private static final class Failing extends AnswersOnly {
        private @Nullable CoreSubscriber<? super GenerationEvent> first;

        Failing() {
            super("m", 1000);
        }

        @Override
        public Flux<GenerationEvent> generate(GenerationRequest request) {
            return new Flux<>() {
                @Override
                public void subscribe(CoreSubscriber<? super GenerationEvent> subscriber) {
                    subscriber.onSubscribe(new Subscription() {
                        @Override
                        public void request(long n) {}

                        @Override
                        public void cancel() {}
                    });
                    CoreSubscriber<? super GenerationEvent> other = first;
                    if (other == null) {
                        first = subscriber;
                        return;
                    }
                    other.onError(new GenerationException(Kind.TOO_LARGE, "the first", "prompt", 0));
                    subscriber.onError(new GenerationException(Kind.TOO_LARGE, "the second", "prompt", 0));
                }
            };
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theClientIsToldOfOne(boolean streamed) throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        root.addAppender(lines);
        Vertx vertx = Vertx.vertx();
        TestService.RecordingObserver observer = new TestService.RecordingObserver();
        HttpService service = new HttpService(
                vertx,
                TestService.CONFIG,
                List.of(new OpenAiRoutes(
                        vertx,
                        TestService.CONFIG,
                        ServedModels.of(new Failing(), 0),
                        observer,
                        new RequestMemory(1 << 20),
                        () -> Instant.EPOCH)),
                observer);
        try (HttpClient client = HttpClient.newHttpClient()) {
            int port = service.start().await();
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
                    .header("Content-Type", "application/json")
                    .timeout(Duration.ofMinutes(2))
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\": \"m\", \"prompt\": [\"a\", \"b\"], \"stream\": " + streamed + "}"))
                    .build();
            HttpResponse<String> reply = client.send(request, BodyHandlers.ofString());
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
            assertThat(reply.body()).contains("the first").doesNotContain("the second");
        } finally {
            service.stop(Duration.ofMillis(10)).await();
            vertx.close().await();
            root.detachAppender(lines);
        }
        assertThat(List.copyOf(lines.list))
                .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
                .filteredOn(line -> !line.getLoggerName().endsWith("BlockedThreadChecker")) // A busy machine's.
                .extracting(ILoggingEvent::getFormattedMessage)
                .isEmpty();
    }
}
