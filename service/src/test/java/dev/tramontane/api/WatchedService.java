package dev.tramontane.api;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tramontane.engine.EngineStatus;
import dev.tramontane.fixtures.Recovery;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.vertx.core.Future;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A service in this JVM, as {@link Recovery} sees it. */
final class WatchedService implements Recovery.Watched {
    private static final String CANARY = TestService.body(
                    "a canary",
                    new JsonObject()
                            .put("max_tokens", 60)
                            .put("seed", 7)
                            .put("ignore_eos", true)
                            .put("stream", true))
            .encode();

    private final TestService service;
    private final String key;

    /** Of a service that asks for no key. */
    WatchedService(TestService service) {
        this(service, "");
    }

    /** @param key for it; empty for none */
    WatchedService(TestService service, String key) {
        this.service = service;
        this.key = key;
        fillWorkers(service);
    }

    /** Vert.x makes a worker thread for each task until it has all of them: no leak, so it happens before the count. */
    static void fillWorkers(TestService service) {
        CountDownLatch all = new CountDownLatch(VertxOptions.DEFAULT_WORKER_POOL_SIZE);
        List<Future<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < VertxOptions.DEFAULT_WORKER_POOL_SIZE; i++) {
            tasks.add(service.vertx.executeBlocking(
                    () -> {
                        all.countDown();
                        all.await();
                        return null;
                    },
                    false));
        }
        Future.all(tasks).await();
    }

    @Override
    public boolean isAlive() {
        return true; // Or nobody would ask.
    }

    @Override
    public int live() throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            return client.send(RawClient.get("/livez")).answer().status();
        }
    }

    @Override
    public @Nullable String canary(Runnable begun) throws IOException {
        try (RawClient client = new RawClient(service.port)) {
            String head;
            try {
                String request = RawClient.post("/v1/completions", CANARY);
                head = client.send(key.isEmpty() ? request : AttackedService.keyed(request, key))
                        .head();
            } catch (SocketException | EOFException noPlace) {
                return null; // Beyond the most connections they are closed at once.
            }
            if (!head.contains(" 200 ")) {
                return null;
            }
            StringBuilder heard = new StringBuilder();
            for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
                heard.append(new String(chunk, StandardCharsets.UTF_8));
                begun.run();
                pause();
            }
            StringBuilder words = new StringBuilder();
            for (JsonObject event : StrictEvents.of(heard.toString())) {
                JsonObject choice = event.getJsonArray("choices").getJsonObject(0);
                words.append(choice.getString("text"));
                if (choice.getString("finish_reason") != null) {
                    words.append('[').append(choice.getString("finish_reason")).append(']');
                }
            }
            return words.toString();
        }
    }

    /** So that it lasts: it is paced by its reader, as everything is. */
    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(2);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Recovery.Held held() {
        EngineStatus books = service.engine.status();
        long direct = ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider known
                ? known.metric().usedDirectMemory()
                : 0;
        return new Recovery.Held(
                books.queued() + books.running() + books.parked(),
                books.pagesReserved(),
                service.observer.connections.get(),
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount(),
                ManagementFactory.getThreadMXBean().getThreadCount(),
                direct);
    }
}
