package dev.tramontane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.fixtures.RecordedBatch;
import dev.tramontane.model.CacheShape;
import dev.tramontane.model.CacheType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KvCachePropertyTest {

    private static KvCache cache(int slots, int pages, RollingWindow... windows) {
        List<CacheShape.Group> groups = new ArrayList<>();
        for (RollingWindow window : windows) {
            groups.add(new CacheShape.Group(pages, window.ring()));
        }
        return new KvCache(
                List.of(windows), new CacheShape(windows[0].pageTokens(), slots, 64, slots, 64, CacheType.F32, groups));
    }

    private static PagePool pool(int pages) {
        return new PagePool(pages, new KeptPages(0, pages, emptied -> {}));
    }

    private static Reservation reserve(KvCache cache, int prompt, int length, int choices) {
        return Objects.requireNonNull(cache.reserve(Tenant.COMMON, prompt, length, choices));
    }

    private static List<Integer> entries(RecordedBatch batch) {
        List<Integer> pages = new ArrayList<>();
        for (int i = 0; i < batch.edits(); i++) {
            pages.add(batch.editPage(i));
        }
        return pages;
    }

    @Test
    void aForkTellsItsPagesAndCopiesTheOneItWrites() {
        KvCache cache = cache(2, 20, RollingWindow.of(0, 4, 8, 40));
        Reservation both = reserve(cache, 7, 20, 2);
        PageTable parent = cache.open(both, null);
        RecordedBatch batch = new RecordedBatch();
        cache.makeRoom(parent, 0, 6, batch);
        assertThat(entries(batch)).containsExactly(0, 1);
        PageTable child = cache.fork(parent);
        batch.clear();
        cache.makeRoom(child, 6, 1, batch);
        // Its inherited entry and its own second page, each once.
        assertThat(entries(batch)).containsExactly(0, 2);
        assertThat(batch.copies()).isEqualTo(1);
        assertThat(batch.copyFrom(0)).isEqualTo(1);
        assertThat(batch.copyTo(0)).isEqualTo(2);
        batch.clear();
        cache.makeRoom(parent, 6, 1, batch);
        assertThat(batch.edits()).as("the last owner writes in place").isZero();
        assertThat(cache.figures().pagesUsed()).isEqualTo(3);
        cache.checkBooks();
    }

    @Test
    void aRingThatWrapsOntoASharedPageTakesAFreshOne() {
        KvCache cache = cache(2, 20, RollingWindow.of(4, 4, 1, 100));
        Reservation both = reserve(cache, 5, 100, 2);
        PageTable parent = cache.open(both, null);
        RecordedBatch batch = new RecordedBatch();
        for (int p = 0; p < 4; p++) {
            cache.makeRoom(parent, p, 1, batch);
        }
        PageTable child = cache.fork(parent);
        int shared = child.pages[0][0];
        for (int p = 4; p < 8; p++) {
            cache.makeRoom(child, p, 1, batch);
        }
        batch.clear();
        cache.makeRoom(child, 8, 1, batch);
        assertThat(batch.copies()).as("nothing in the old page is seen").isZero();
        assertThat(child.pages[0][0]).isNotEqualTo(shared);
        assertThat(parent.pages[0][0]).isEqualTo(shared);
        cache.checkBooks();
    }

    @Test
    void aPartOfAPageThatNobodySeesIsNotCopied() {
        KvCache cache = cache(2, 20, RollingWindow.of(1, 8, 8, 100));
        Reservation both = reserve(cache, 6, 100, 2);
        PageTable parent = cache.open(both, null);
        RecordedBatch batch = new RecordedBatch();
        cache.makeRoom(parent, 0, 5, batch);
        PageTable child = cache.fork(parent);
        cache.makeRoom(child, 5, 1, batch);
        assertThat(batch.copies()).isZero();
        assertThat(child.pages[0][0]).isNotEqualTo(parent.pages[0][0]);
    }

    @Test
    void whatIsNotReservedIsNotHad() {
        KvCache cache = cache(3, 10, RollingWindow.of(0, 4, 8, 40));
        assertThat(cache.reserve(Tenant.COMMON, 1, 44, 1)).isNotNull();
        assertThat(cache.reserve(Tenant.COMMON, 1, 1, 1)).as("no page").isNull();
        assertThatThrownBy(() -> pool(0).take()).hasMessageContaining("no page left");
        KvCache slots = cache(1, 10, RollingWindow.of(0, 4, 8, 40));
        assertThat(slots.reserve(Tenant.COMMON, 1, 4, 1)).isNotNull();
        assertThat(slots.reserve(Tenant.COMMON, 1, 4, 1)).as("no slot").isNull();
    }

    @Test
    void theBooksNoticeErrors() {
        KvCache cache = cache(3, 10, RollingWindow.of(0, 4, 8, 40));
        PageTable table = cache.open(reserve(cache, 1, 12, 1), null);
        cache.makeRoom(table, 0, 8, new RecordedBatch());
        cache.checkBooks();
        int page = table.pages[0][1];
        table.pages[0][1] = PageTable.NO_PAGE;
        assertThatThrownBy(cache::checkBooks).hasMessageContaining("page 1 has 0 owners but 1 references");
        table.pages[0][1] = table.pages[0][0];
        assertThatThrownBy(cache::checkBooks).hasMessageContaining("2 owners but 1");
        table.pages[0][1] = page;
        cache.checkBooks();
        cache.leave(table.reservation);
        assertThatThrownBy(cache::checkBooks).hasMessageContaining("without a reservation");
        cache.close(table);
        assertThatThrownBy(() -> cache.close(table)).hasMessageContaining("not this table's");
        PagePool pool = pool(2);
        assertThatThrownBy(() -> pool.release(0, false)).hasMessageContaining("nobody's");
        assertThatThrownBy(() -> pool.retain(0)).hasMessageContaining("nobody's");
    }

    /** A family of sequences in random order, each with a model of what its pages must hold. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void randomFamilies(long seed) {
        families(seed, false);
    }

    /**
     * The same with speculation: a step computes several tokens of a sequence and keeps some, from none to all. What was
     * taken back is computed again as something else, or never; it leaves no trace in what is seen or held.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void rejectedTokensLeaveNoTrace(long seed) {
        families(seed, true);
    }

    private static void families(long seed, boolean speculate) {
        SplittableRandom random = new SplittableRandom(seed);
        int page = 1 + random.nextInt(6);
        int chunk = 1 + random.nextInt(8);
        RollingWindow[] windows = {
            RollingWindow.of(0, page, chunk, 60), RollingWindow.of(1 + random.nextInt(12), page, chunk, 60)
        };
        KvCache cache = cache(6, 60 / page * 4 + 20, windows);
        Map<List<Integer>, Long> memory = new HashMap<>();
        List<Family> families = new ArrayList<>();
        for (int round = 0; round < 3000; round++) {
            if (random.nextInt(20) == 0) {
                int choices = 1 + random.nextInt(4);
                int prompt = 1 + random.nextInt(30);
                int length = prompt + random.nextInt(60 - prompt);
                Reservation reservation = cache.reserve(Tenant.COMMON, prompt, length, choices);
                if (reservation != null) {
                    families.add(new Family(cache, reservation, memory, speculate));
                }
            }
            if (!families.isEmpty()) {
                Family family = families.get(random.nextInt(families.size()));
                family.advance(random, windows, chunk);
                if (family.members.isEmpty()) {
                    families.remove(family);
                }
            }
            cache.checkBooks();
            for (Family family : families) {
                family.members.forEach(member -> member.check(windows, "seed " + seed));
            }
        }
        for (Family family : families) {
            family.members.forEach(family::end);
            while (family.reservation.choices > 0) {
                cache.leave(family.reservation);
            }
        }
        cache.checkBooks();
        assertThat(cache.figures().pagesUsed()).isZero();
        assertThat(cache.figures().pagesReserved()).isZero();
        assertThat(cache.idle()).isTrue(); // so, the books being right, no slot is taken
    }

    /** The sequences of one reservation. */
    private static final class Family {
        final KvCache cache;
        final Reservation reservation;
        final List<Member> members = new ArrayList<>();
        final boolean speculate;

        Family(KvCache cache, Reservation reservation, Map<List<Integer>, Long> memory, boolean speculate) {
            this.cache = cache;
            this.speculate = speculate;
            this.reservation = reservation;
            members.add(new Member(cache.open(reservation, null), 0, memory));
        }

        void advance(SplittableRandom random, RollingWindow[] windows, int chunk) {
            Member member = members.get(random.nextInt(members.size()));
            boolean forked = members.size() > 1 || member.computed >= reservation.prompt - 1;
            int goal = forked ? reservation.length : reservation.prompt - 1;
            if (member.computed == reservation.prompt - 1 && members.size() == 1 && reservation.choices > 1) {
                int more = reservation.choices - 1;
                for (int i = 0; i < more; i++) {
                    Member child = new Member(cache.fork(member.table), member.computed, member.memory);
                    child.marks.addAll(member.marks);
                    members.add(child);
                }
            } else if (member.computed == goal || random.nextInt(40) == 0) {
                if (members.size() == 1 && reservation.choices > 1) {
                    // The leader has not forked yet: the others go without it.
                    cache.leave(reservation);
                } else {
                    end(member);
                    members.remove(member);
                }
            } else {
                int rows = 1 + random.nextInt(Math.min(chunk, goal - member.computed));
                member.write(cache, windows, rows, random);
                if (speculate && forked) {
                    member.takeBack(random.nextInt(rows + 1));
                }
            }
        }

        void end(Member member) {
            cache.close(member.table);
            cache.leave(reservation);
        }
    }

    /** A sequence and the mark of every position that it wrote. */
    private static final class Member {
        final PageTable table;
        final List<Long> marks = new ArrayList<>();

        /** [group, page, offset] to the mark that lies there. */
        final Map<List<Integer>, Long> memory;

        int computed;

        Member(PageTable table, int computed, Map<List<Integer>, Long> memory) {
            this.table = table;
            this.computed = computed;
            this.memory = memory;
        }

        /** Writes rows as the model would, then looks whether each row sees its own past. */
        void write(KvCache cache, RollingWindow[] windows, int rows, SplittableRandom random) {
            RecordedBatch batch = new RecordedBatch();
            cache.makeRoom(table, computed, rows, batch);
            for (int i = 0; i < batch.copies(); i++) {
                for (int offset = 0; offset < windows[0].pageTokens(); offset++) {
                    Long mark = memory.get(List.of(batch.copyGroup(i), batch.copyFrom(i), offset));
                    if (mark != null) {
                        memory.put(List.of(batch.copyGroup(i), batch.copyTo(i), offset), mark);
                    }
                }
            }
            for (int i = 0; i < rows; i++) {
                marks.add(random.nextLong());
            }
            for (int group = 0; group < windows.length; group++) {
                for (int p = computed; p < computed + rows; p++) {
                    memory.put(place(windows[group], group, p), marks.get(p));
                }
            }
            check(windows, computed, rows, "while written");
            computed += rows;
        }

        /** The latest rows were not right: what is computed next lies in their place. */
        void takeBack(int rows) {
            computed -= rows;
            marks.subList(computed, marks.size()).clear();
        }

        /** Everything that the next row will see is still there, whatever others wrote and whatever was taken back. */
        void check(RollingWindow[] windows, String description) {
            check(windows, computed, 0, description);
        }

        private void check(RollingWindow[] windows, int from, int rows, String description) {
            for (int group = 0; group < windows.length; group++) {
                for (long p = windows[group].oldestVisible(from); p < from + rows; p++) {
                    assertThat(memory.get(place(windows[group], group, p)))
                            .as("%s, group %d, position %d seen from %d", description, group, p, from)
                            .isEqualTo(marks.get((int) p));
                }
            }
        }

        private List<Integer> place(RollingWindow window, int group, long position) {
            return List.of(group, table.pages[group][window.entry(position)], (int) (position % window.pageTokens()));
        }
    }
}
