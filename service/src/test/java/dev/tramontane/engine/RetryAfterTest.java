package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is refused and comes back when told to, is let in: the engine's loop on a machine and a clock made of arithmetic. */
final class RetryAfterTest {
    private static final long SECOND = 1_000_000_000;

    /** A client, and when it comes (again). */
    private record Client(Submission wants, long at, int number, int refusals) {}

    /** Sizes of a day: slots, queue, clients within how many seconds, and the machine's time for a row. */
    @ParameterizedTest
    @CsvSource({
        "4, 8, 60, 1, 2",
        "4, 8, 120, 4, 2",
        "1, 3, 30, 1, 10",
        "8, 32, 150, 2, 1",
        "16, 16, 200, 2, 5",
        "2, 64, 200, 1, 20",
        "4, 2, 29, 1, 2"
    })
    void whoComesBackWhenToldIsLetIn(int slots, int queue, int count, int within, int rowMillis)
            throws RefusedException {
        int sentAway = 0;
        int letInAtOnce = 0;
        for (long seed = 1; seed <= 3; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            PriorityQueue<Client> coming =
                    new PriorityQueue<>(Comparator.comparingLong(Client::at).thenComparingInt(Client::number));
            for (int i = 0; i < count; i++) {
                Submission wants = Asks.greedy(Asks.prompt(1 + random.nextInt(150), i), 20 + random.nextInt(100));
                coming.add(new Client(wants, random.nextLong(within * SECOND + 1), i, 0));
            }
            FakeModel model = FakeModel.of(50, 0);
            Rig rig = new Rig(
                    model,
                    Asks.withQueue(Asks.config(slots, 64, 16, 400, slots), queue, 1 << 20)
                            .withStepNanos(100_000_000));
            model.spy(batch -> rig.nanos.addAndGet(3_000_000 + rowMillis * 1_000_000L * batch.rows()));
            List<Rig.Ask> let = new ArrayList<>();
            while (!coming.isEmpty()) {
                while (!coming.isEmpty() && coming.peek().at() <= rig.nanos.get()) {
                    Client client = coming.remove();
                    try {
                        let.add(rig.ask(client.wants()));
                        letInAtOnce += client.refusals() == 1 ? 1 : 0;
                    } catch (RefusedException refused) {
                        sentAway += client.refusals() == 0 ? 1 : 0;
                        long at = rig.nanos.get() + refused.retryAfterSeconds() * SECOND;
                        coming.add(new Client(client.wants(), at, client.number(), client.refusals() + 1));
                    }
                }
                if (!rig.step() && !coming.isEmpty()) {
                    rig.nanos.set(Math.max(rig.nanos.get(), coming.peek().at()));
                }
            }
            rig.run().assertIdle();
            assertThat(let).hasSize(count).allMatch(Rig.Ask::over);
        }
        assertThat(sentAway).isGreaterThan(20);
        assertThat(letInAtOnce).as("of %d sent away", sentAway).isGreaterThanOrEqualTo(sentAway * 9 / 10);
    }

    @Test
    void promisesFollowOneAfterTheOther() {
        ReturnTimes times = new ReturnTimes();
        assertThat(times.next(0, 5e9, 2e9, 100e9)).isEqualTo(5);
        assertThat(times.next(0, 5e9, 2e9, 100e9)).isEqualTo(7);
        assertThat(times.next(SECOND, 5e9, 2e9, 100e9)).isEqualTo(8);
        // Long after the last of them a new round begins with what is there then.
        assertThat(times.next(60 * SECOND, 0, 2e9, 100e9)).isEqualTo(1);
        assertThat(times.next(60 * SECOND, 0, 2e9, 100e9)).isEqualTo(2);
    }

    /** Somebody who is refused ten thousand times doesn't send others away for hours. */
    @Test
    void noPromiseLiesBehindTheRound() {
        ReturnTimes times = new ReturnTimes();
        for (int i = 0; i < 10_000; i++) {
            assertThat(times.next(i, 5e9, 2e9, 100e9)).isBetween(5, 100);
        }
        assertThat(times.next(0, 1e18, 1e18, 1)).isEqualTo(3600);
    }
}
