package dev.tramontane.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.EngineConfig;
import dev.tramontane.fixtures.ByteTokenizer;
import dev.tramontane.fixtures.FakeModel;
import dev.tramontane.model.CacheType;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code GET /capacity}; that its answers are admission's is the engine's CapacityTest. */
class CapacityRouteTest {
    private static final int WINDOW = 16;

    private static TestService service(FakeModel model) {
        return service(model, CacheType.F32);
    }

    private static TestService service(FakeModel model, CacheType type) {
        EngineConfig config = new EngineConfig(
                new EngineConfig.Step(2, 40, 8),
                new EngineConfig.Cache(4, type, 1 << 20),
                new EngineConfig.Admission(2, 400, 2, 1, 100));
        return TestService.on(model, config, TestService.CONFIG);
    }

    @ParameterizedTest
    @EnumSource
    void theFormulaGivesThePages(CacheType type) {
        try (TestService service = service(FakeModel.of(ByteTokenizer.SIZE, WINDOW, 0), type)) {
            JsonObject capacity =
                    service.get("/capacity?prompt=100&max_tokens=29").json();
            JsonObject terms = capacity.getJsonObject("terms");
            int page = terms.getInteger("page_tokens");
            int step = terms.getInteger("step_tokens");
            int context = terms.getInteger("context_tokens");
            JsonObject request = capacity.getJsonObject("request");
            long bytes = 0;
            JsonArray groups = capacity.getJsonArray("groups");
            assertThat(groups).hasSize(2);
            for (int i = 0; i < groups.size(); i++) {
                JsonObject group = groups.getJsonObject(i);
                int whole = Math.ceilDiv(context, page);
                int window = group.getInteger("window");
                int ring = window == 0 ? whole : Math.min(whole, Math.ceilDiv(window + step - 1, page) + 1);
                assertThat(group.getInteger("ring_pages")).isEqualTo(ring);
                assertThat(group.getLong("page_bytes"))
                        .isEqualTo(2L
                                * group.getInteger("layers")
                                * terms.getInteger("kv_heads")
                                * (terms.getInteger("head_dim") * terms.getInteger("element_bytes")
                                        + terms.getInteger("scale_bytes"))
                                * page);
                int pages = Math.min(Math.ceilDiv(129, page), ring);
                assertThat(request.getJsonArray("pages").getInteger(i)).isEqualTo(pages);
                bytes += pages * group.getLong("page_bytes");
            }
            assertThat(request.getLong("bytes")).isEqualTo(bytes);
            assertThat(request.getString("verdict")).isEqualTo("starts");
            assertThat(request.getBoolean("admitted_now")).isTrue();
            assertThat(service.get("/capacity").json().containsKey("request")).isFalse();
        }
    }

    @Test
    void itSaysWhatIsTakenAndWhatWouldBecomeOfARequest() throws Exception {
        FakeModel model = FakeModel.of(ByteTokenizer.SIZE, WINDOW);
        Semaphore steps = new Semaphore(1);
        try (TestService service = service(model)) {
            assertThat(verdict(service, "prompt=300&max_tokens=200")).isEqualTo("starts"); // Ends with the context.
            assertThat(verdict(service, "prompt=401&max_tokens=1")).isEqualTo("too_large");
            assertThat(verdict(service, "prompt=10&n=3")).isEqualTo("too_large");
            model.gate(steps);
            CompletableFuture<TestService.Reply> running =
                    CompletableFuture.supplyAsync(() -> service.completion(TestService.body("a", new JsonObject())));
            TestService.eventually().until(() -> taken(service, "running") == 1);
            assertThat(taken(service, "slots_reserved")).isEqualTo(1);
            assertThat(verdict(service, "prompt=10&n=2")).isEqualTo("waits"); // One slot is left.
            assertThat(verdict(service, "prompt=10")).isEqualTo("starts");
            model.gate(null);
            steps.release(1000);
            assertThat(running.get(3, TimeUnit.MINUTES).status()).isEqualTo(200);
            TestService.eventually().until(() -> taken(service, "slots_reserved") == 0);
            JsonObject rates = service.get("/capacity").json().getJsonObject("rates");
            assertThat(rates.getDouble("generated_tokens_per_second")).isPositive();
        }
    }

    private static int taken(TestService service, String what) {
        return service.get("/capacity").json().getJsonObject("sequences").getInteger(what);
    }

    private static String verdict(TestService service, String query) {
        return service.get("/capacity?" + query).json().getJsonObject("request").getString("verdict");
    }

    @ParameterizedTest
    @CsvSource({
        "prompt=0, prompt",
        "prompt=-1, prompt",
        "prompt=x, prompt",
        "prompt=1&n=0, n",
        "prompt=1&max_tokens=99999999999, max_tokens",
        "prompt=1&priority=1001, priority",
        "n=2, n",
        "max_tokens=2, max_tokens",
        "colour=red,",
        "prompt=1&prompt=2,"
    })
    void whatIsNoQuestionIsRefusedByName(String query, String param) {
        try (TestService service = service(FakeModel.of(ByteTokenizer.SIZE, WINDOW))) {
            TestService.Reply reply = service.get("/capacity?" + query);
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.error().getString("param")).isEqualTo(param);
            if (param == null) {
                assertThat(reply.error().getString("code")).isEqualTo("invalid_query");
            }
            assertThat(service.get("/capacity?model=other").status()).isEqualTo(404);
            assertThat(service.post("/capacity", "{}").status()).isEqualTo(405);
        }
    }
}
