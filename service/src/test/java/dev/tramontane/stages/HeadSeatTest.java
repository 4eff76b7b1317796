package dev.tramontane.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who has the one place at a stage, as connections of a head come and break. */
final class HeadSeatTest {
    private final HeadSeat seat = new HeadSeat();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private Link link() throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            open.add(new Socket(InetAddress.getLoopbackAddress(), listening.getLocalPort()));
            Link link = new Link(listening.accept(), Duration.ofMinutes(1));
            open.add(link);
            return link;
        }
    }

    /** Claims the place on a thread of its own, which waits for it when this returns. */
    private CompletableFuture<Boolean> waiting(Link link, String name) {
        AtomicReference<Thread> thread = new AtomicReference<>();
        CompletableFuture<Boolean> claimed = CompletableFuture.supplyAsync(
                () -> {
                    thread.set(Thread.currentThread());
                    return seat.claim(link, name);
                },
                work -> Thread.ofPlatform().daemon().start(work));
        await().until(() -> {
            Thread claims = thread.get();
            return claims != null && claims.getState() == Thread.State.WAITING;
        });
        return claimed;
    }

    /** Its head has connected once more by then: that connection would be closed, or find the place taken. */
    @Test
    void aConnectionThatBrokeWhileItWaitedTakesNoPlace() throws Exception {
        Link first = link();
        assertThat(seat.claim(first, "head")).isTrue();
        Link broken = link();
        CompletableFuture<Boolean> gone = waiting(broken, "head");
        assertThat(first.isOver()).as("its place is wanted").isTrue();
        broken.breakOff("nothing was heard of it");
        seat.release(first);
        assertThat(gone.join()).isFalse();
        Link last = link();
        assertThat(seat.claim(last, "another")).isTrue();
        assertThat(last.isOver()).isFalse();
    }

    @Test
    void theSameHeadWaitsUntilItsOlderConnectionHasLeft() throws Exception {
        Link first = link();
        assertThat(seat.claim(first, "head")).isTrue();
        assertThat(seat.claim(link(), "another")).isFalse();
        Link second = link();
        CompletableFuture<Boolean> claimed = waiting(second, "head");
        seat.release(first);
        assertThat(claimed.join()).isTrue();
        CompletableFuture<Boolean> shut = waiting(link(), "head");
        seat.close();
        assertThat(shut.join()).isFalse();
    }
}
