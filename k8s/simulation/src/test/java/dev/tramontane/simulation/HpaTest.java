package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.simulation.Hpa.Policy;
import dev.tramontane.simulation.Hpa.Rules;
import dev.tramontane.simulation.Hpa.Select;
import dev.tramontane.simulation.Hpa.Unit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples that Kubernetes' documentation and its proposal 853 (configurable scaling velocity) work out. */
class HpaTest {
    private static final Rules AT_ONCE = new Rules(0, Select.MAX, List.of(new Policy(Unit.PERCENT, 100, 15)));

    /** "If the current metric value is 200m, and the desired value is 100m, the number of replicas will be doubled". */
    @Test
    void twiceTheTargetAsksForTwiceAsMany() {
        assertThat(Hpa.byAverage(3, 200, 100)).isEqualTo(6);
        assertThat(Hpa.byAverage(4, 50, 100)).isEqualTo(2);
        assertThat(Hpa.byAverage(3, 109, 100))
                .as("within the tolerance of a tenth")
                .isEqualTo(3);
        assertThat(Hpa.byAverage(3, 111, 100)).isEqualTo(4);
        assertThat(Hpa.byAverage(3, 91, 100)).isEqualTo(3);
    }

    @Test
    void aSumAsksForTheSameHoweverManyAreThere() {
        assertThat(Hpa.bySum(1, 9, 2)).isEqualTo(5);
        assertThat(Hpa.bySum(4, 9, 2)).isEqualTo(5);
        assertThat(Hpa.bySum(5, 9, 2))
                .as("9/10 of the target, within the tolerance")
                .isEqualTo(5);
    }

    @Test
    void aValueMultipliesThoseThatAreReady() {
        assertThat(Hpa.byValue(8, 4, 2, 1)).isEqualTo(8);
        assertThat(Hpa.byValue(4, 4, 2, 1)).isEqualTo(8);
        assertThat(Hpa.byValue(4, 4, 1.05, 1)).isEqualTo(4);
    }

    @Test
    void theLargestProposalWinsWithinTheBounds() {
        Hpa hpa = new Hpa(2, 10, AT_ONCE, AT_ONCE);
        assertThat(hpa.sync(0, 3, 4, 6, 1)).isEqualTo(6);
        assertThat(hpa.sync(15, 6, 1, 1)).isEqualTo(2);
        assertThat(hpa.sync(30, 2, 99)).as("twice as many in 15 s").isEqualTo(4);
        assertThat(hpa.sync(60, 4, 99)).isEqualTo(8);
        assertThat(hpa.sync(90, 8, 99)).isEqualTo(10);
    }

    /** "80 replicas … 10": by a tenth rounded up, which is 8 and 8 again at 72, and by four below 40. */
    @Test
    void ofTwoPoliciesTheOneThatChangesMoreHolds() {
        Rules down = new Rules(0, Select.MAX, List.of(new Policy(Unit.PODS, 4, 60), new Policy(Unit.PERCENT, 10, 60)));
        assertThat(descent(new Hpa(1, 100, AT_ONCE, down), 80, 10))
                .startsWith(72, 64, 57)
                .endsWith(16, 12, 10)
                .containsSubsequence(40, 36, 32);
    }

    @Test
    void orTheOneThatChangesLess() {
        Rules down = new Rules(0, Select.MIN, List.of(new Policy(Unit.PODS, 5, 60), new Policy(Unit.PERCENT, 10, 60)));
        assertThat(descent(new Hpa(1, 100, AT_ONCE, down), 80, 60)).containsExactly(75, 70, 65, 60);
    }

    /** Proposal 853: nine times more in a minute is 1, 10, 100, 1000; one more in ten minutes 1, 2, 3, 4. */
    @Test
    void upByPerCentAndByPods() {
        Hpa fast = new Hpa(1, 1000, new Rules(0, Select.MAX, List.of(new Policy(Unit.PERCENT, 900, 60))), AT_ONCE);
        Hpa slow = new Hpa(1, 1000, new Rules(0, Select.MAX, List.of(new Policy(Unit.PODS, 1, 600))), AT_ONCE);
        List<Integer> quickly = new ArrayList<>(List.of(1));
        List<Integer> slowly = new ArrayList<>(List.of(1));
        for (int i = 0; i < 3; i++) {
            quickly.add(fast.sync(60 * i, quickly.getLast(), 1000));
            slowly.add(slow.sync(600 * i, slowly.getLast(), 1000));
        }
        assertThat(quickly).containsExactly(1, 10, 100, 1000);
        assertThat(slowly).containsExactly(1, 2, 3, 4);
    }

    @Test
    void aPolicyCountsWhatChangedInItsPeriod() {
        Hpa hpa = new Hpa(1, 100, new Rules(0, Select.MAX, List.of(new Policy(Unit.PODS, 4, 60))), AT_ONCE);
        assertThat(hpa.sync(0, 10, 12)).isEqualTo(12);
        assertThat(hpa.sync(15, 12, 50)).as("two of the four are used up").isEqualTo(14);
        assertThat(hpa.sync(30, 14, 50)).isEqualTo(14);
        assertThat(hpa.sync(60, 14, 50)).as("the first two are a minute old").isEqualTo(16);
    }

    /** Down no further than the largest proposal of the window. */
    @Test
    void aWindowHoldsTheLargestProposal() {
        Hpa hpa = new Hpa(1, 100, AT_ONCE, AT_ONCE.window(300));
        assertThat(hpa.sync(0, 10, 10)).isEqualTo(10);
        assertThat(hpa.sync(15, 10, 2)).isEqualTo(10);
        assertThat(hpa.sync(285, 10, 3)).isEqualTo(10);
        assertThat(hpa.sync(300, 10, 2))
                .as("that of 0 s is forgotten, the one of 285 s is not")
                .isEqualTo(3);
    }

    @Test
    void aWindowUpwardsWaitsForTheLeastProposal() {
        Hpa hpa = new Hpa(1, 100, AT_ONCE.window(60), AT_ONCE);
        assertThat(hpa.sync(0, 2, 2)).isEqualTo(2);
        assertThat(hpa.sync(15, 2, 4)).isEqualTo(2);
        assertThat(hpa.sync(60, 2, 4)).isEqualTo(4);
    }

    @Test
    void aDirectionCanBeDisabled() {
        Hpa hpa = new Hpa(1, 100, AT_ONCE, new Rules(0, Select.DISABLED, List.of()));
        assertThat(hpa.sync(0, 10, 1)).isEqualTo(10);
        assertThat(hpa.sync(15, 10, 20)).isEqualTo(20);
    }

    private static List<Integer> descent(Hpa hpa, int from, int to) {
        List<Integer> steps = new ArrayList<>();
        for (int current = from, minute = 0; current > to; minute++) {
            current = hpa.sync(60 * minute, current, to);
            steps.add(current);
        }
        return steps;
    }
}
