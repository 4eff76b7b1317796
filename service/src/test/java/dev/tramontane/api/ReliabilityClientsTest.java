package dev.tramontane.api;

import static dev.tramontane.api.AttackedService.COMPLETIONS;
import static dev.tramontane.api.AttackedService.asking;
import static dev.tramontane.api.AttackedService.close;
import static dev.tramontane.api.AttackedService.endless;
import static dev.tramontane.api.AttackedService.field;
import static dev.tramontane.api.AttackedService.item;
import static dev.tramontane.api.AttackedService.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.faults.Fault;
import dev.tramontane.faults.FaultProxy;
import io.vertx.core.json.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/** How clients come, read and leave, by their numbers in docs/faults.md; what each is answered in detail is held by the tests that the same table names. */
class ReliabilityClientsTest extends AttackTests {
    @Override
    List<AttackedService.Item> items() {
        return List.of(
                item(25, "leaving in the line, in the prompt, in mid-answer, at the last token", () -> {
                    for (int wait = 0; wait < 30; wait++) {
                        List<RawClient> leaving = new ArrayList<>();
                        for (int i = 0; i < 8; i++) {
                            RawClient client = at.connect();
                            leaving.add(client);
                            client.send(RawClient.post(COMPLETIONS, endless(400)));
                        }
                        Thread.sleep(wait);
                        for (RawClient client : leaving) {
                            if (wait % 2 == 0) {
                                client.reset();
                            } else {
                                client.close();
                            }
                        }
                    }
                }),
                item(26, "readers of a kilobyte a second", () -> {
                    try (FaultProxy proxy = FaultProxy.before(at.service.port)) {
                        proxy.toClients(Fault.NONE.throttled(1000));
                        List<RawClient> slow = new ArrayList<>();
                        for (int i = 0; i < 8; i++) {
                            RawClient client = new RawClient(proxy.port());
                            slow.add(client);
                            client.send(RawClient.post(COMPLETIONS, endless(400)));
                        }
                        TestService.eventually()
                                .until(() -> at.service.engine.status().parked() >= 8);
                        assertThat(text(at.ask(COMPLETIONS, field("max_tokens", "20"))))
                                .isNotEmpty(); // A mate.
                        for (RawClient client : slow) {
                            client.reset();
                        }
                    }
                }),
                item(27, "networks that swallow everything", () -> {
                    List<RawClient> lost = new ArrayList<>();
                    try (FaultProxy proxy = FaultProxy.before(at.service.port)) {
                        for (int i = 0; i < 4; i++) {
                            lost.add(new RawClient(proxy.port()).send(RawClient.post(COMPLETIONS, endless(400))));
                        }
                        for (RawClient client : lost) {
                            client.head();
                        }
                        int gone = at.service.observer.disconnects.get();
                        Fault hole = Fault.NONE.ending(Fault.End.BLACK_HOLE, 0);
                        proxy.toClients(hole).toServer(hole);
                        TestService.eventually().until(() -> at.service.observer.disconnects.get() >= gone + 4);
                    }
                    close(lost);
                }),
                item(28, "five hundred who come back at once", () -> {
                    ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
                    List<Thread> storm = IntStream.range(0, 500)
                            .mapToObj(i -> Thread.ofVirtual().start(() -> comeBack(wrong)))
                            .toList();
                    for (Thread each : storm) {
                        each.join();
                    }
                    assertThat(wrong).isEmpty();
                }),
                item(29, "resets in the middle of writing", () -> {
                    try (FaultProxy proxy = FaultProxy.before(at.service.port)) {
                        for (int round = 0; round < 10; round++) {
                            List<RawClient> cut = new ArrayList<>();
                            for (int i = 0; i < 10; i++) {
                                cut.add(new RawClient(proxy.port()).send(RawClient.post(COMPLETIONS, endless(400))));
                            }
                            cut.getFirst().head();
                            proxy.resetAll();
                            TestService.eventually().until(() -> at.service.observer.openStreams.get() <= 1);
                            close(cut);
                        }
                    }
                }),
                item(30, "cancelling twice, and what is not there", "response_not_found", () -> {
                    try (RawClient client = at.connect()) {
                        client.send(RawClient.upgrade()).head();
                        client.send(RawClient.message(cancel("resp_nobody")));
                        assertThat(client.event().encode()).contains("response_not_found");
                        client.send(RawClient.message(asking(400)));
                        String id = client.event().getJsonObject("response").getString("id");
                        client.send(RawClient.message(cancel(id))).send(RawClient.message(cancel(id)));
                        JsonObject event;
                        do {
                            event = client.event();
                        } while (!Canary.isLast(event.getString("type")));
                        assertThat(event.getString("type")).isEqualTo("response.incomplete");
                        client.send(RawClient.message(asking(1))); // And nothing but its answer comes.
                        assertThat(client.event().getString("type")).isEqualTo("response.created");
                    }
                }));
    }

    private static JsonObject cancel(String id) {
        return new JsonObject().put("type", "response.cancel").put("response_id", id);
    }

    /** Answered, or refused in a way that says when to come again, or cut off because there was no place. */
    private void comeBack(ConcurrentLinkedQueue<String> wrong) {
        try (RawClient client = at.connect()) {
            RawClient.Answer answer = client.send(
                            RawClient.post(COMPLETIONS, field("max_tokens", "20, \"ignore_eos\": true")))
                    .answer();
            boolean honest = answer.status() == 200
                    || ((answer.status() == 429 || answer.status() == 503)
                            && answer.head().contains("retry-after: "));
            if (!honest) {
                wrong.add(answer.head() + answer.body());
            }
        } catch (SocketException | EOFException noPlace) {
            // Beyond the cap connections are closed at once.
        } catch (IOException | RuntimeException odd) {
            wrong.add(odd.toString());
        }
    }
}
