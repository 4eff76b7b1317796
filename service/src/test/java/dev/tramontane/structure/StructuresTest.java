package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class StructuresTest {
    private static final TokenTree TOKENS = Vocabularies.random(new Random(5), "abc 0", 300);

    @Test
    void equalFormsAreCompiledOnceHoweverManyThreadsAsk() throws Exception {
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, 1 << 20);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            Callable<Structure> ask = () -> structures.structure(new Form.Regex("[ab]+c"));
            List<Future<Structure>> found = threads.invokeAll(List.of(ask, ask, ask, ask));
            for (Future<Structure> each : found) {
                assertThat(each.get()).isSameAs(found.getFirst().get());
            }
        }
        assertThat(structures.compiled()).isEqualTo(1);
        assertThat(structures.structure(new Form.Choice(List.of("[ab]+c"))))
                .isNotSameAs(structures.structure(new Form.Regex("[ab]+c")));
        assertThat(structures.structure(new Form.Choice(List.of("a", "b"))))
                .isNotSameAs(structures.structure(new Form.Choice(List.of("ab"))));
        assertThat(structures.compiled()).isEqualTo(4);
    }

    @Test
    void whatWasRefusedIsRefusedAgainWithoutCompiling() {
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, 1 << 20);
        for (int each = 0; each < 3; each++) {
            assertThatThrownBy(() -> structures.structure(new Form.Regex("a{2,1}")))
                    .isInstanceOf(StructureException.class)
                    .hasMessageContaining("a count from 2 to 1");
        }
        assertThat(structures.compiled()).isEqualTo(1);
        assertThatThrownBy(() -> structures.structure(new Form.Regex("a".repeat(1 << 19))))
                .isInstanceOf(StructureException.class);
        assertThat(structures.size()).isEqualTo(1);
    }

    /** Whoever sends nothing but what is refused fills no more memory than others. */
    @Test
    void soManyRefusalsAreKeptAndNoMore() {
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, 1 << 20);
        for (int each = 0; each < 1500; each++) {
            Form refused = new Form.Regex("a{2,1}" + each);
            assertThatThrownBy(() -> structures.structure(refused)).isInstanceOf(StructureException.class);
            assertThat(structures.size()).isLessThanOrEqualTo(1024);
        }
    }

    @Test
    void thoseUsedLeastLatelyAreForgottenWhereMasksGrow() {
        long most = 3_000_000;
        Structures structures = new Structures(TOKENS, StructureLimits.DEFAULT, most);
        Structure first = structures.structure(new Form.Regex("a{0,1}"));
        for (int each = 2; each < 200; each++) {
            Structure made = structures.structure(new Form.Regex("[a-c]{0," + each + "}"));
            Matcher matcher = made.matcher();
            long[] mask = new long[matcher.maskWords()];
            for (int taken = 0; taken < each; taken++) {
                matcher.mask(mask);
                matcher.accept('a');
            }
            if (each % 2 == 0) {
                assertThat(structures.structure(new Form.Regex("a{0,1}"))).isSameAs(first);
            }
            assertThat(structures.structure(new Form.Regex("[a-c]{0," + each + "}")))
                    .isSameAs(made);
            assertThat(structures.bytes()).isLessThan(most + made.bytes());
        }
        assertThat(structures.size()).isBetween(2, 150);
        assertThat(structures.compiled()).isEqualTo(199);
    }
}
