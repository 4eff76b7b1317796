package dev.tramontane.loadtest.gatling;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.regex;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.sse;
import static io.gatling.javaapi.http.HttpDsl.ws;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.http.HttpProtocolBuilder;

/**
 * Users in an open loop: half stream a text over SSE, half ask over a WebSocket, each to the end of his answer. Settings
 * are system properties: {@code url}, {@code rate} (users of each kind a second), {@code seconds}, {@code tokens}.
 */
public final class StreamsSimulation extends Simulation {
    private static final String URL = System.getProperty("url", "http://127.0.0.1:8080");
    private static final double RATE = Double.parseDouble(System.getProperty("rate", "1"));
    private static final long SECONDS = Long.getLong("seconds", 10);
    private static final int TOKENS = Integer.getInteger("tokens", 16);
    private static final int PATIENCE_SECONDS = 60;

    private static final String TEXT = """
            {"prompt": "The north wind", "max_tokens": %d, "temperature": 0, "stream": true}""".formatted(TOKENS);

    private static final String RESPONSE = """
            {"type": "response.create", "input": "Why?", "max_output_tokens": %d, "temperature": 0}""".formatted(TOKENS);

    private static final HttpProtocolBuilder PROTOCOL =
            http.baseUrl(URL).wsBaseUrl("ws" + URL.substring("http".length()));

    /** Reads until the reason of the end, and closes. */
    private static final ChainBuilder OVER_SSE = exec(
            sse("SSE answer")
                    .post("/v1/completions")
                    .header("Content-Type", "application/json")
                    .body(StringBody(TEXT))
                    .await(PATIENCE_SECONDS)
                    .on(sse.checkMessage("end of the answer")
                            .matching(regex("\"finish_reason\\\\?\":\\\\?\"(length|stop)"))
                            .check(regex("finish_reason"))),
            sse("close").close());

    private static final ChainBuilder OVER_SOCKET = exec(
            ws("connect").connect("/v1/responses"),
            ws("socket answer")
                    .sendText(RESPONSE)
                    .await(PATIENCE_SECONDS)
                    .on(ws.checkTextMessage("end of the answer")
                            .matching(jsonPath("$.type").in("response.completed", "response.incomplete"))
                            .check(jsonPath("$.response.usage.output_tokens")
                                    .ofInt()
                                    .gt(0))),
            ws("close").close());

    /** Every request well, or the run fails. */
    public StreamsSimulation() {
        setUp(
                        scenario("SSE")
                                .exec(OVER_SSE)
                                .injectOpen(constantUsersPerSec(RATE).during(SECONDS)),
                        scenario("WebSocket")
                                .exec(OVER_SOCKET)
                                .injectOpen(constantUsersPerSec(RATE).during(SECONDS)))
                .protocols(PROTOCOL)
                .assertions(
                        global().failedRequests().count().is(0L),
                        global().allRequests().count().gt(0L));
    }
}
