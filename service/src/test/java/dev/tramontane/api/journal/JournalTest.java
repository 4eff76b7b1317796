package dev.tramontane.api.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.api.ApiException;
import dev.tramontane.generation.GenerationException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of an answer's file, however its taking ends, and on which threads. What files may hold is {@link AnswerFilesTest}'s. */
final class JournalTest {
    private static final byte[] MODEL = new byte[32];
    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);
    private static final String TENANT = "";
    private static final String ID = "resp_1";

    @TempDir
    private Path directory;

    private final Vertx vertx = Vertx.vertx();
    private final Counts counts = new Counts();

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private static final class Counts implements JournalObserver {
        final AtomicInteger written = new AtomicInteger();
        final AtomicInteger restored = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        final AtomicInteger failed = new AtomicInteger();

        @Override
        public void written() {
            written.incrementAndGet();
        }

        @Override
        public void restored() {
            restored.incrementAndGet();
        }

        @Override
        public void refused() {
            refused.incrementAndGet();
        }

        @Override
        public void failed() {
            failed.incrementAndGet();
        }

        List<Integer> all() {
            return List.of(written.get(), restored.get(), refused.get(), failed.get());
        }
    }

    private Journal journal() {
        return new Journal(vertx, directory, MODEL, 1 << 20, Duration.ofHours(1), counts);
    }

    private static Journal.Restorer restorer(AnswerKind kind, Function<byte[], Supplier<Future<Void>>> read) {
        return new Journal.Restorer() {
            @Override
            public AnswerKind kind() {
                return kind;
            }

            @Override
            public Supplier<Future<Void>> read(byte[] body) {
                return read.apply(body);
            }
        };
    }

    private static Journal.Restorer beginning(AnswerKind kind, Supplier<Future<Void>> begin) {
        return restorer(kind, body -> begin);
    }

    private static Journal.Restorer refusing(AnswerKind kind, Throwable why) {
        return beginning(kind, () -> Future.failedFuture(why));
    }

    private static Journal.Restorer good(AnswerKind kind) {
        return beginning(kind, Future::succeededFuture);
    }

    private static void written(Journal journal, AnswerKind kind) {
        assertThat(journal.write(kind, TENANT, ID, BODY::clone).await()).isTrue();
    }

    private static ApiException refusal(Journal journal, Journal.Restorer restorer) {
        try {
            journal.bring(TENANT, ID, restorer)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
            throw new AssertionError("nothing was refused");
        } catch (CompletionException failed) {
            return (ApiException) Objects.requireNonNull(failed.getCause());
        }
    }

    private List<String> endings() {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(file -> file.getFileName().toString().replaceFirst(".*\\.", "."))
                    .toList();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    @Test
    void oneOfTwoTakesWhatAThirdHasWritten() {
        written(journal(), AnswerKind.RESPONSE);
        Journal one = journal();
        Journal other = journal();
        List<byte[]> read = new CopyOnWriteArrayList<>();
        Journal.Restorer reads = restorer(AnswerKind.RESPONSE, body -> {
            read.add(body);
            return Future::succeededFuture;
        });
        List<Future<Boolean>> asked =
                List.of(one.bring(TENANT, ID, reads), other.bring(TENANT, ID, reads), one.bring(TENANT, ID, reads));
        assertThat(asked.stream().filter(each -> each.await()).count())
                .isIn(1L, 2L); // Who asks twice gets the same twice.
        assertThat(read).hasSize(1).allSatisfy(body -> assertThat(body).isEqualTo(BODY));
        assertThat(one.bring(TENANT, ID, reads).await()).isFalse();
        assertThat(endings()).isEmpty();
        assertThat(counts.all()).containsExactly(1, 1, 0, 0);
    }

    /** Files and their JSON are slow: the event loop that asks does neither, and has its answer begun on itself. */
    @Test
    void nothingSlowIsDoneWhereOneAsks() {
        Journal journal = journal();
        Context loop = vertx.getOrCreateContext();
        List<String> threads = new CopyOnWriteArrayList<>();
        CompletableFuture<Boolean> brought = new CompletableFuture<>();
        loop.runOnContext(now -> journal.write(AnswerKind.RESPONSE, TENANT, ID, () -> {
                    threads.add("made on an event loop: " + Context.isOnEventLoopThread());
                    return BODY;
                })
                .compose(written -> journal.bring(TENANT, ID, restorer(AnswerKind.RESPONSE, body -> {
                    threads.add("read on an event loop: " + Context.isOnEventLoopThread());
                    return () -> {
                        threads.add("begun on an event loop: " + Context.isOnEventLoopThread());
                        return Future.succeededFuture();
                    };
                })))
                .onComplete((done, failed) -> {
                    if (failed == null) {
                        brought.complete(done);
                    } else {
                        brought.completeExceptionally(failed);
                    }
                }));
        assertThat(brought.join()).isTrue();
        assertThat(threads)
                .containsExactly(
                        "made on an event loop: false", "read on an event loop: false", "begun on an event loop: true");
    }

    @ParameterizedTest
    @EnumSource
    void whatThisServersSettingsRefuseIsAnothers(AnswerKind kind) {
        Journal journal = journal();
        written(journal, kind);
        List<Journal.Restorer> refusals = List.of(
                restorer(kind, body -> {
                    throw JournalException.unwelcome("asks for too much");
                }),
                refusing(kind, ApiException.field("n", "n must be between 1 and 2, got 3")),
                refusing(
                        kind,
                        new GenerationException(
                                GenerationException.Kind.TOO_LARGE, "This model's context is 9 tokens.", "prompt", 0)));
        for (Journal.Restorer refusal : refusals) {
            ApiException told = refusal(journal, refusal);
            assertThat(told.status()).isEqualTo(404);
            assertThat(told.code()).isEqualTo("answer_of_other_settings");
            assertThat(told.param()).isEqualTo(kind == AnswerKind.RESPONSE ? "response_id" : null);
            assertThat(endings()).containsExactly(AnswerDirectory.SUFFIX);
        }
        assertThat(counts.all()).containsExactly(1, 0, 3, 0);
        assertThat(journal().bring(TENANT, ID, good(kind)).await())
                .as("another server")
                .isTrue();
        assertThat(endings()).isEmpty();
    }

    @Test
    void whatIsRefusedForNowIsThereLater() {
        Journal journal = journal();
        written(journal, AnswerKind.STREAM);
        ApiException busy = new ApiException(429, "rate_limit_error", "full", null, "rate_limit_exceeded", 3);
        assertThat(refusal(journal, refusing(AnswerKind.STREAM, busy))).isSameAs(busy);
        assertThat(refusal(journal, beginning(AnswerKind.STREAM, () -> {
                    throw busy;
                })))
                .isSameAs(busy);
        ApiException loading = new ApiException(503, "server_error", "being loaded", null, "loading", 2);
        assertThat(refusal(journal, restorer(AnswerKind.STREAM, body -> {
                    throw loading;
                })))
                .isSameAs(loading);
        assertThat(endings()).containsExactly(AnswerDirectory.SUFFIX);
        assertThat(counts.refused.get()).isZero();
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.STREAM)).await()).isTrue();
    }

    /** An error says nothing of the file that was being read. */
    @Test
    void anErrorLosesNothing() {
        Journal journal = journal();
        written(journal, AnswerKind.RESPONSE);
        Future<Boolean> failed = journal.bring(TENANT, ID, restorer(AnswerKind.RESPONSE, body -> {
            throw new OutOfMemoryError("on purpose");
        }));
        Awaitility.await().pollDelay(Duration.ZERO).until(failed::isComplete);
        assertThat(cause(failed)).isInstanceOf(OutOfMemoryError.class);
        assertThat(endings()).containsExactly(AnswerDirectory.SUFFIX);
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.RESPONSE)).await()).isTrue();
    }

    @Test
    void whatNobodyCanGoOnWithGoes() {
        Journal journal = journal();
        List<Journal.Restorer> damaged = List.of(
                restorer(AnswerKind.RESPONSE, body -> {
                    throw JournalException.damaged("holds nothing");
                }),
                restorer(AnswerKind.RESPONSE, body -> {
                    throw new IllegalArgumentException("no such thing");
                }),
                refusing(AnswerKind.RESPONSE, ApiException.field("continuation", "it ended before")));
        for (Journal.Restorer restorer : damaged) {
            written(journal, AnswerKind.RESPONSE);
            ApiException told = refusal(journal, restorer);
            assertThat(told.status()).isEqualTo(410);
            assertThat(told.code()).isEqualTo("answer_damaged");
            assertThat(endings()).isEmpty();
        }
        assertThat(counts.all()).containsExactly(3, 0, 3, 0);
    }

    @Test
    void whatIsOfAnotherKindStays() {
        Journal journal = journal();
        written(journal, AnswerKind.STREAM);
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.RESPONSE)).await()).isFalse();
        assertThat(endings()).containsExactly(AnswerDirectory.SUFFIX);
        assertThat(journal.bring("somebody", ID, good(AnswerKind.STREAM)).await())
                .isFalse();
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.STREAM)).await()).isTrue();
    }

    @Test
    void whoLeavesTakesNothing() {
        Journal journal = journal();
        journal.close();
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.RESPONSE)).await()).isFalse();
        written(journal, AnswerKind.RESPONSE);
        assertThat(refusal(journal, good(AnswerKind.RESPONSE)).status()).isEqualTo(503);
        assertThat(endings()).containsExactly(AnswerDirectory.SUFFIX);
    }

    @Test
    void nothingIsWrittenOnceTheTimeIsOver() {
        Journal journal = journal();
        journal.writeFor(Duration.ZERO.minusNanos(1));
        AtomicInteger made = new AtomicInteger();
        assertThat(journal.write(AnswerKind.RESPONSE, TENANT, ID, () -> {
                            made.incrementAndGet();
                            return BODY;
                        })
                        .await())
                .isFalse();
        assertThat(made).hasValue(0);
        assertThat(endings()).isEmpty();
    }

    @Test
    void whatCannotBeMadeIsNotWritten() {
        Journal journal = journal();
        assertThat(journal.write(AnswerKind.RESPONSE, TENANT, ID, () -> {
                            throw new IllegalStateException("on purpose");
                        })
                        .await())
                .isFalse();
        assertThat(journal.write(AnswerKind.RESPONSE, TENANT, ID, () -> new byte[JournalFormat.MOST_BYTES])
                        .await())
                .isFalse();
        assertThat(counts.all()).containsExactly(0, 0, 0, 2);
        assertThat(endings()).isEmpty();
    }

    @Test
    void whatIsForgottenIsGone() {
        Journal journal = journal();
        written(journal, AnswerKind.RESPONSE);
        journal.forget(TENANT, ID);
        Awaitility.await().pollDelay(Duration.ZERO).until(() -> endings().isEmpty());
        assertThat(journal.bring(TENANT, ID, good(AnswerKind.RESPONSE)).await()).isFalse();
    }

    /** A disk that does not answer holds up no more than so many. */
    @Test
    void noMoreThanSoManyWaitForTheDisk() {
        Journal journal = journal();
        CountDownLatch disk = new CountDownLatch(1);
        Promise<Void> taken = Promise.promise();
        List<Future<Boolean>> asked = new ArrayList<>();
        for (int i = 0; i < 2; i++) { // As many as there are threads.
            assertThat(journal.write(AnswerKind.RESPONSE, TENANT, "resp_" + i, BODY::clone)
                            .await())
                    .isTrue();
        }
        for (int i = 0; i < 65; i++) {
            asked.add(journal.bring(TENANT, "resp_" + i, restorer(AnswerKind.RESPONSE, body -> {
                await(disk);
                return taken::future;
            })));
        }
        Future<Boolean> last = asked.getLast();
        Awaitility.await().pollDelay(Duration.ZERO).until(last::isComplete);
        assertThat(((ApiException) cause(last)).status()).isEqualTo(503);
        disk.countDown();
        taken.complete();
        assertThat(asked.subList(0, 64).stream().filter(each -> each.await()).count())
                .isEqualTo(2);
        assertThat(journal.bring(TENANT, "resp_64", good(AnswerKind.RESPONSE)).await())
                .isFalse();
    }

    private static Throwable cause(Future<?> failed) {
        return Objects.requireNonNull(failed.cause());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException unexpected) {
            throw new AssertionError(unexpected);
        }
    }
}
