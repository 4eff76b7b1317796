package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

/** What a long name costs: all names but it have a state for each of its characters. */
class LongNamesTest {
    private static final int NODES = 1000;

    @Test
    void allOthersAreMadeWithoutAStateThatLeadsNowhere() {
        Automaton others = new OtherWords(List.of("ab", "abc", "\ud83d\ude00", "")).automaton();
        assertThat(others.getNumStates())
                .as("the beginnings, and one for all else")
                .isEqualTo(6);
        assertThat(others.isDeterministic()).isTrue();
        assertThat(Operations.hasDeadStates(others)).isFalse();
        assertThat(List.of("a", "abcd", "b", "\ud83d\ude01", "\ud83d\ude00\ud83d\ude00"))
                .allMatch(text -> Operations.run(others, text));
        assertThat(List.of("ab", "abc", "\ud83d\ude00", "")).noneMatch(text -> Operations.run(others, text));
    }

    @Test
    void whatHasMoreStatesAndWaysThanNodesMayBeIsRefusedBeforeACharacterIsSpelled() {
        assertThat(spelled(NODES / 3 - 2)).isPositive();
        AtomicInteger none = new AtomicInteger();
        assertThatThrownBy(() -> build(NODES / 3, none))
                .isInstanceOf(StructureException.class)
                .hasMessage("it is too large: it takes more than " + NODES + " nodes");
        assertThat(none).hasValue(0);
    }

    private static int spelled(int characters) {
        AtomicInteger spelled = new AtomicInteger();
        build(characters, spelled);
        return spelled.get();
    }

    /** Each character as one node, whatever it is. */
    private static void build(int characters, AtomicInteger spelled) {
        Automaton others = new OtherWords(List.of("a".repeat(characters))).automaton();
        Nodes nodes = new Nodes(Machine.ALL_BYTES, NODES);
        new RegularNodes(new Expression.Regular(others, Spelling.PRINTED), nodes, (set, spelling, then) -> {
                    spelled.incrementAndGet();
                    return nodes.read('x', then);
                })
                .build(Network.RETURN_NODE);
    }
}
