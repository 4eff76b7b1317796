package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.StreamsTck;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;

/** The Reactive Streams TCK on what carries streams to sockets: by itself, and as a response of events. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PacedSubscriberTckTest {
    /** A guard against hanging. */
    private static final long PATIENCE_MILLIS = 20_000;

    /** How long the TCK looks whether something comes that must not. */
    private static final long GLANCE_MILLIS = 50;

    private final Vertx vertx = Vertx.vertx();
    private final Context loop = vertx.getOrCreateContext();
    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<Subscriber<? super byte[]>> subscribed = new LinkedBlockingQueue<>();
    private int port;

    @BeforeAll
    void serve() {
        Router router = Router.router(vertx);
        router.get("/")
                .handler(context -> EventStream.send(
                        context,
                        Flux.from((Publisher<byte[]>) subscribed::add),
                        "data: {}\n\n".getBytes(StandardCharsets.US_ASCII),
                        TestService.CONFIG,
                        new TestService.RecordingObserver()));
        HttpServer server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .await();
        port = server.actualPort();
    }

    @AfterAll
    void close() {
        client.shutdownNow();
        vertx.close().await();
    }

    /** Takes whatever comes. */
    private static final class Taking extends PacedSubscriber<Integer> {
        Taking(Context context) {
            super(context, 4);
        }

        @Override
        protected boolean isFull() {
            return false;
        }

        @Override
        protected void write(Integer item) {}

        @Override
        protected void flush() {}

        @Override
        protected void end() {}

        @Override
        protected void fail(Throwable cause) {}

        @Override
        protected void abort() {}
    }

    private final class Bare extends SubscriberBlackboxVerification<Integer> {
        Bare() {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS));
        }

        @Override
        public Subscriber<Integer> createSubscriber() {
            return new Taking(loop);
        }

        @Override
        public Integer createElement(int number) {
            return number;
        }
    }

    private final class Events extends SubscriberBlackboxVerification<byte[]> {
        Events() {
            super(new TestEnvironment(PATIENCE_MILLIS, GLANCE_MILLIS, GLANCE_MILLIS));
        }

        @Override
        public Subscriber<byte[]> createSubscriber() {
            var _ = client.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                            .build(),
                    HttpResponse.BodyHandlers.discarding());
            try {
                Subscriber<? super byte[]> found = subscribed.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
                assertThat(found).isInstanceOf(EventStream.class);
                return (EventStream) found;
            } catch (InterruptedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        @Override
        public byte[] createElement(int number) {
            return ("data: {\"n\": " + number + "}\n\n").getBytes(StandardCharsets.US_ASCII);
        }
    }

    @TestFactory
    Stream<DynamicTest> bare() {
        return StreamsTck.of(Bare::new, Set.of());
    }

    @TestFactory
    Stream<DynamicTest> asAResponseOfEvents() {
        return StreamsTck.of(Events::new, Set.of());
    }
}
