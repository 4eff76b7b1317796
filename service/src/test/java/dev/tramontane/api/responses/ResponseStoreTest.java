package dev.tramontane.api.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.api.ApiException;
import dev.tramontane.api.Instance;
import dev.tramontane.api.RequestMemory;
import dev.tramontane.api.replay.EventLog;
import dev.tramontane.api.replay.Recording.Keeping;
import dev.tramontane.generation.GenerationEvent;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/** What is kept, for whom, for how long, and who gives up what when it is too much. */
final class ResponseStoreTest {
    private final Vertx vertx = Vertx.vertx();
    private final Context home = vertx.getOrCreateContext();
    private final RequestMemory memory = new RequestMemory(1 << 20);
    private final AtomicLong nanos = new AtomicLong();
    private ResponseStore store = new ResponseStore(1 << 20, Duration.ofSeconds(10), nanos::get);

    @AfterEach
    void close() {
        vertx.close().await();
    }

    private StoredResponse stored(String id, String fields) {
        return new StoredResponse(BareResponses.of(
                home,
                8,
                Keeping.BACKGROUND,
                memory,
                (outcome, failure) -> {},
                id,
                fields,
                store.of("a", Instance.ALONE)));
    }

    /** Answers it, and says so to the store. */
    private StoredResponse answered(String tenant, String id, String fields, String answer) throws Exception {
        return answered(tenant, id, fields, answer, 1);
    }

    private StoredResponse answered(String tenant, String id, String fields, String answer, int promptTokens)
            throws Exception {
        StoredResponse response = stored(id, fields);
        store.add(tenant, response);
        Flux<GenerationEvent> generation = Flux.just(
                new GenerationEvent.Accepted(new int[promptTokens], ""),
                new GenerationEvent.Delta(0, answer, List.of()),
                new GenerationEvent.Finished(0, GenerationEvent.Reason.STOP, "", new GenerationEvent.Usage(1, 0, 1)));
        generation.subscribe(response.response());
        response.response().read(-1).blockLast(Duration.ofMinutes(3));
        store.ended(tenant, response);
        return response;
    }

    private static String texts(List<Map<String, @Nullable Object>> messages) {
        StringBuilder all = new StringBuilder();
        messages.forEach(message -> all.append(message.get("role"))
                .append(':')
                .append(message.get("content"))
                .append(' '));
        return all.toString().strip();
    }

    @Test
    void continuesConversationsWithoutInstructions() throws Exception {
        answered("a", "1", "\"input\": \"x\", \"instructions\": \"loud\"", "y");
        StoredResponse next = answered("a", "2", "\"input\": \"z\", \"previous_response_id\": \"resp_1\"", "w");
        assertThat(texts(next.past().messages())).isEqualTo("user:x assistant:y user:z assistant:w");
        assertThat(store.remove("a", "resp_1")).isTrue();
        assertThat(texts(store.of("a", Instance.ALONE).upTo("resp_2").messages()))
                .as("its own words stay")
                .startsWith("user:x assistant:y");
        assertThatThrownBy(() -> stored("3", "\"input\": \"z\", \"previous_response_id\": \"resp_1\""))
                .isInstanceOfSatisfying(
                        ApiException.class, gone -> assertThat(gone.code()).isEqualTo("previous_response_not_found"));
        store.add("a", stored("4", "\"input\": \"x\""));
        assertThatThrownBy(() -> store.of("a", Instance.ALONE).upTo("resp_4")).hasMessageContaining("is queued");
    }

    @Test
    void findsItemsOfInputAndOutput() throws Exception {
        answered(
                "a",
                "1",
                "\"input\": [{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"user\", \"content\": \"y\"}]",
                "z");
        History history = store.of("a", Instance.ALONE);
        assertThat(history.item("msg_1")).isEqualTo(Item.assistant("z"));
        assertThat(history.item("msg_1_in_1")).isEqualTo(Item.user("y"));
        for (String none : List.of("msg_1_in_2", "msg_2", "msg_", "", "_in_", "msg_in_", "resp_1", "msg_1_in_")) {
            assertThat(history.item(none)).as(none).isNull();
        }
    }

    @Test
    void countsTokensThatItKeeps() throws Exception {
        StoredResponse few = answered("a", "1", "\"input\": \"x\"", "y");
        StoredResponse many = answered("a", "2", "\"input\": \"x\"", "y", 1001);
        assertThat(many.weight() - few.weight()).isEqualTo(4000);
        String next = "\"input\": \"x\", \"previous_response_id\": \"resp_";
        assertThat(stored("3", next + "2\"").weight()
                        - stored("3", next + "1\"").weight())
                .isEqualTo(4000);
        assertThat(store.bytes()).isEqualTo(few.weight() + many.weight());
    }

    @Test
    void keepsTenantsApart() throws Exception {
        answered("a", "1", "\"input\": \"x\"", "y");
        assertThat(store.find("b", "resp_1")).isNull();
        assertThat(store.remove("b", "resp_1")).isFalse();
        assertThat(store.of("b", Instance.ALONE).item("msg_1")).isNull();
        assertThatThrownBy(() -> store.of("b", Instance.ALONE).upTo("resp_1")).isInstanceOf(ApiException.class);
        assertThat(store.find("a", "resp_1")).isNotNull();
    }

    @Test
    void forgetsInTime() throws Exception {
        answered("a", "1", "\"input\": \"x\"", "y");
        store.add("a", stored("2", "\"input\": \"x\""));
        nanos.addAndGet(Duration.ofSeconds(10).toNanos() - 1);
        assertThat(store.find("a", "resp_1")).isNotNull();
        nanos.addAndGet(1);
        assertThat(store.find("a", "resp_1")).isNull();
        assertThat(store.find("a", "resp_2")).as("under way").isNotNull();
        assertThat(store.count()).isEqualTo(1);
    }

    /** The tenant who has most gives up events first, his oldest; then whole responses; the other nothing. */
    @Test
    void whoHasMostGivesUpHisOldest() throws Exception {
        StoredResponse alien = answered("b", "b1", "\"input\": \"x\"", "y");
        StoredResponse old = answered("a", "1", "\"input\": \"x\"", "y".repeat(1000));
        StoredResponse late = answered("a", "2", "\"input\": \"x\"", "y".repeat(1000));
        long all = store.bytes();
        assertThat(all).isEqualTo(alien.weight() + old.weight() + late.weight());
        store = new ResponseStore(all - 1, Duration.ofSeconds(10), nanos::get);
        for (StoredResponse each : List.of(alien, old, late)) {
            each.counted = 0;
            store.add(each == alien ? "b" : "a", each);
            store.ended(each == alien ? "b" : "a", each);
        }
        assertThatThrownBy(() -> old.response().read(-1).blockFirst(Duration.ofMinutes(3)))
                .isInstanceOfSatisfying(
                        ApiException.class, gone -> assertThat(gone.code()).isEqualTo(EventLog.DROPPED));
        assertThat(late.response().log().weight()).isPositive();
        assertThat(old.response().said()).as("whole it can be had").containsExactly(Item.assistant("y".repeat(1000)));
        assertThat(store.bytes()).isEqualTo(alien.weight() + old.weight() + late.weight());
        while (store.find("a", "resp_1") != null) {
            store.add("a", stored("more" + store.count(), "\"input\": \"" + "x".repeat(1000) + "\""));
        }
        assertThat(late.forgotten).as("before a response goes, all events have").isTrue();
        assertThat(store.find("b", "resp_b1")).isSameAs(alien);
        assertThat(alien.response().log().weight()).isPositive();
    }

    @Test
    void refusesWhereAllIsUnderWay() {
        store = new ResponseStore(20_000, Duration.ofSeconds(10), nanos::get);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10; i++) {
                        store.add("a", stored("u" + i, "\"input\": \"x\""));
                    }
                })
                .isInstanceOfSatisfying(ApiException.class, full -> {
                    assertThat(full.status()).isEqualTo(503);
                    assertThat(full.code()).isEqualTo(ResponseStore.FULL);
                    assertThat(full.retryAfterSeconds()).isPositive();
                });
        assertThat(store.count()).isEqualTo(4);
        assertThat(store.bytes()).isLessThanOrEqualTo(20_000);
    }
}
