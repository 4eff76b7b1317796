package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.fixtures.FakeModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** reliability.md 37: nobody learns from the cache what another has asked, and nobody's flood takes another's part of it. */
final class PrefixTenantsTest {
    private static final Tenant A = new Tenant("a", 50);
    private static final Tenant B = new Tenant("b", 50);

    private long rows;

    private Rig rig(int sequences, int... windows) {
        FakeModel model = FakeModel.of(50, windows);
        EngineConfig sizes = Asks.config(2, 64, 8, 400, 8);
        Rig rig = new Rig(model, sizes.withCacheBytes(CachePlan.bytesFor(model.geometry(), sizes, 400, sequences)));
        model.spy(batch -> rows += batch.rows());
        return rig;
    }

    private long rows(Rig rig, Tenant tenant, int[] prompt, int answer) throws RefusedException {
        long before = rows;
        Rig.Ask ask = rig.ask(Asks.of(tenant, prompt, Asks.greedy(prompt, answer)));
        rig.run().assertAsAlone(ask, "tenant " + tenant.name());
        return rows - before;
    }

    @Test
    void anothersPromptIsAsNewAsAny() throws RefusedException {
        Rig rig = rig(8, 0, 48);
        int[] prompt = Asks.prompt(300, 1);
        rows(rig, A, prompt, 20);
        rows(rig, Tenant.COMMON, prompt, 20);
        assertThat(rows(rig, B, prompt, 1)).isEqualTo(300);
        // Neither the whole, nor pages, nor a part of one.
        assertThat(rows(rig, new Tenant("c", 50), prompt, 1)).isEqualTo(300);
        assertThat(rows(rig, B, prompt, 1)).isEqualTo(1);
        assertThat(rows(rig, A, prompt, 1)).isEqualTo(1);
    }

    /** At the same time, too: he neither waits for the other's pages nor finds them. */
    @Test
    void anothersPromptUnderWayIsAsNewAsAny() throws RefusedException {
        Rig rig = rig(8, 0);
        int[] prompt = Asks.prompt(300, 1);
        Rig.Ask one = rig.ask(Asks.of(A, prompt, Asks.greedy(prompt, 1)));
        Rig.Ask other = rig.ask(Asks.of(B, prompt, Asks.greedy(prompt, 1)));
        rig.run();
        assertThat(rows).isEqualTo(600);
        assertThat(one.first().finish().cachedTokens()).isZero();
        assertThat(other.first().finish().cachedTokens()).isZero();
    }

    /** One who asks for several people keeps them apart. */
    @Test
    void anothersSaltIsAnothersPrompt() throws RefusedException {
        Rig rig = rig(8, 0);
        int[] prompt = Asks.prompt(300, 1);
        rows(rig, A.salted("one"), prompt, 1);
        assertThat(rows(rig, A.salted("two"), prompt, 1)).isEqualTo(300);
        assertThat(rows(rig, A, prompt, 1)).isEqualTo(300);
        assertThat(rows(rig, A.salted("one"), prompt, 1)).isEqualTo(1);
    }

    /** A name that ends where another's salt begins is another name. */
    @Test
    void namesAndSaltsDoNotRunIntoEachOther() {
        assertThat(BlockKey.root(new Tenant("ab", 50, "c"))).isNotEqualTo(BlockKey.root(new Tenant("a", 50, "bc")));
        assertThat(BlockKey.root(A)).isNotEqualTo(BlockKey.root(A.salted("x")));
        assertThat(BlockKey.root(A)).isEqualTo(BlockKey.root(new Tenant("a", 10)));
    }

    /** B asks for more than the whole cache holds, again and again; what A has within his part stays. */
    @ParameterizedTest
    @ValueSource(ints = {0, 48})
    void aFloodTakesNobodysPart(int window) throws RefusedException {
        Rig rig = rig(4, window);
        int[] prompt = Asks.prompt(window == 0 ? 300 : 60, 1);
        rows(rig, A, prompt, 1);
        for (int i = 0; i < 100; i++) {
            rows(rig, B, Asks.prompt(300, 2 + i), 20);
        }
        assertThat(rig.status().pagesKept()).isEqualTo(rig.status().pagesTotal());
        assertThat(rows(rig, A, prompt, 1)).isEqualTo(1);
    }

    /** Whose share is smaller keeps less. */
    @Test
    void partsFollowShares() throws RefusedException {
        Rig rig = rig(4, 0);
        Tenant small = new Tenant("small", 25);
        Tenant large = new Tenant("large", 75);
        for (int i = 0; i < 40; i++) {
            rows(rig, small, Asks.prompt(90, 2 * i), 1);
            rows(rig, large, Asks.prompt(90, 2 * i + 1), 1);
        }
        int found = 0;
        for (int i = 39; i >= 34; i--) {
            found += rows(rig, large, Asks.prompt(90, 2 * i + 1), 1) == 1 ? 1 : 0;
        }
        assertThat(found).isEqualTo(6);
        assertThat(rows(rig, small, Asks.prompt(90, 2 * 39), 1)).isEqualTo(1);
        assertThat(rows(rig, small, Asks.prompt(90, 2 * 30), 1)).isEqualTo(90);
    }
}
