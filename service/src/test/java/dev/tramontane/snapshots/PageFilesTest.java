package dev.tramontane.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.engine.PageStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files behind the engine's back: written and read by other threads, and nobody waits for what does not come. */
final class PageFilesTest {
    private static final long[] PAGES = {40, 24};

    @TempDir
    Path temporary;

    /** Counts what it sees. */
    private static final class Counting implements SnapshotObserver {
        final Map<String, Integer> seen = new ConcurrentHashMap<>();

        private void count(String what) {
            seen.merge(what, 1, Integer::sum);
        }

        @Override
        public void written(long bytes) {
            count("written " + bytes);
        }

        @Override
        public void read(long bytes) {
            count("read " + bytes);
        }

        @Override
        public void refused() {
            count("refused");
        }

        @Override
        public void failed() {
            count("failed");
        }
    }

    private final Counting observer = new Counting();

    private PageFiles open() {
        return new PageFiles(temporary, new byte[32], PAGES, 1 << 20, observer);
    }

    private static String name(int number) {
        return String.format("%064x", number);
    }

    private static void keep(PageFiles files, int number) {
        ByteBuffer room = Awaitility.await().until(files::room, Objects::nonNull);
        while (room.hasRemaining()) {
            room.put((byte) number);
        }
        files.keep(name(number), 3, room.flip());
    }

    private static int[] look(PageFiles files, boolean toGap, int... numbers) throws Exception {
        CompletableFuture<int[]> answer = new CompletableFuture<>();
        files.look(names(numbers), toGap, answer::complete);
        return answer.get(3, TimeUnit.MINUTES);
    }

    private static List<String> names(int... numbers) {
        List<String> names = new ArrayList<>();
        for (int number : numbers) {
            names.add(name(number));
        }
        return names;
    }

    /** First bytes of what is there, by index. */
    private static Map<Integer, Byte> fetch(PageFiles files, int... numbers) throws Exception {
        Map<Integer, Byte> got = new TreeMap<>();
        CountDownLatch end = new CountDownLatch(1);
        files.fetch(names(numbers), new PageStore.Receiver() {
            @Override
            public void block(int index, int groups, ByteBuffer pages) {
                assertThat(groups).isEqualTo(3);
                assertThat(pages.remaining()).isEqualTo(64);
                got.put(index, pages.get(63));
                files.release(pages);
            }

            @Override
            public void end() {
                end.countDown();
            }
        });
        assertThat(end.await(3, TimeUnit.MINUTES)).as("an end").isTrue();
        return got;
    }

    @Test
    void anotherProcessFindsWhatOneHasKept() throws Exception {
        try (PageFiles files = open()) {
            for (int number = 1; number <= 100; number++) {
                keep(files, number);
            }
        }
        try (PageFiles files = open()) {
            assertThat(look(files, false, 1, 200, 100)).containsExactly(3, 0, 3);
            assertThat(look(files, true, 1, 200, 100)).containsExactly(3, 0, 0);
            assertThat(fetch(files, 7, 200, 99)).isEqualTo(Map.of(0, (byte) 7, 2, (byte) 99));
        }
        assertThat(observer.seen).isEqualTo(Map.of("written 192", 100, "read 192", 2));
    }

    @Test
    void whatIsNotSoundIsNotThereAndIsWrittenAnew() throws Exception {
        try (PageFiles files = open()) {
            keep(files, 1);
        }
        Path file = new PageDirectory(temporary, new PageFormat(new byte[32], PAGES), new byte[32]).path(name(1));
        byte[] damaged = Files.readAllBytes(file);
        damaged[150] ^= 1;
        Files.write(file, damaged);
        try (PageFiles files = open()) {
            assertThat(look(files, false, 1)).as("a head says nothing of pages").containsExactly(3);
            assertThat(fetch(files, 1)).isEmpty();
            assertThat(file).doesNotExist();
            keep(files, 1);
        }
        assertThat(file).exists();
        assertThat(observer.seen).containsEntry("refused", 1).doesNotContainKey("failed");
    }

    /** As many blocks are on their way as there are buffers; then there is no room until one is written. */
    @Test
    void roomIsBounded() {
        try (PageFiles files = open()) {
            AtomicInteger heard = new AtomicInteger();
            files.onRoom(heard::incrementAndGet);
            List<ByteBuffer> taken = new ArrayList<>();
            for (ByteBuffer room = files.room(); room != null; room = files.room()) {
                taken.add(room);
            }
            assertThat(taken).hasSize(Buffers.count(64));
            for (int i = 0; i < taken.size(); i++) {
                files.keep(name(i), 3, taken.get(i));
            }
            Awaitility.await().until(() -> heard.get() == taken.size());
            assertThat(files.room()).isNotNull();
        }
        assertThat(Buffers.count(1 << 30)).isEqualTo(2);
        assertThat(Buffers.count(8 << 20)).isEqualTo(4);
    }

    /** Who holds all that was read keeps others waiting, but not those who only look, nor for ever. */
    @Test
    void askingAClosedStoreIsAnswered() throws Exception {
        PageFiles files = open();
        files.close();
        assertThat(look(files, false, 1)).containsExactly(0);
        assertThat(fetch(files, 1)).isEmpty();
        files.keep(name(1), 3, Objects.requireNonNull(files.room()));
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatTakesNothingCostsNothingElse() throws Exception {
        Path gone = temporary.resolve("gone");
        try (PageFiles files = new PageFiles(gone, new byte[32], PAGES, 1 << 20, observer)) {
            Files.delete(gone);
            keep(files, 1);
            assertThat(look(files, false, 1)).containsExactly(0);
            Awaitility.await().until(() -> observer.seen.containsKey("failed"));
        }
    }

    @Test
    void aPathThatIsNoDirectoryIsTold() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> new PageFiles(file, new byte[32], PAGES, 1 << 20, observer))
                .isInstanceOf(UncheckedIOException.class);
    }
}
