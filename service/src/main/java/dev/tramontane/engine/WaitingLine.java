package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for admission: a line for each tenant. Of the lines that one is next whose tenant holds least of the cache, so
 * that they come to hold alike; nobody's priority counts there. Within a line the lowest priority is first, then who came
 * first. So that no priority starves another, whoever has waited longest is passed {@value #PASSES} times at most. For one
 * thread at a time.
 */
final class WaitingLine<T extends Applicant> {
    /** How often whoever has waited longest is passed by more urgent ones that came later. */
    static final int PASSES = 15;

    /** One tenant's. */
    private static final class Line<T extends Applicant> {
        final Set<T> byArrival = new LinkedHashSet<>();
        final TreeMap<Integer, Set<T>> byPriority = new TreeMap<>();

        /** How often the first by arrival was passed. */
        int passed;

        T head() {
            return passed < PASSES
                    ? byPriority.firstEntry().getValue().iterator().next()
                    : byArrival.iterator().next();
        }

        boolean add(T applicant) {
            return byArrival.add(applicant)
                    && byPriority
                            .computeIfAbsent(applicant.priority(), priority -> new LinkedHashSet<>())
                            .add(applicant);
        }

        boolean remove(T applicant) {
            boolean longest =
                    !byArrival.isEmpty() && byArrival.iterator().next().equals(applicant);
            if (!byArrival.remove(applicant)) {
                return false;
            }
            if (longest) {
                passed = 0;
            }
            byPriority.computeIfPresent(applicant.priority(), (priority, equals) -> {
                equals.remove(applicant);
                return equals.isEmpty() ? null : equals;
            });
            return true;
        }

        /** Those of whom so many at most may be admitted without anybody else having come or gone. */
        Line<Applicant> first(int most) {
            Set<T> nearest = new LinkedHashSet<>();
            byArrival.stream().limit(most).forEach(nearest::add);
            byPriority.values().stream().flatMap(Set::stream).limit(most).forEach(nearest::add);
            Line<Applicant> copy = new Line<>();
            copy.passed = passed;
            for (T applicant : nearest.size() < byArrival.size() ? inOrder(nearest) : byArrival) {
                copy.add(Likeness.of(applicant));
            }
            return copy;
        }

        private List<T> inOrder(Set<T> chosen) {
            return byArrival.stream().filter(chosen::contains).toList();
        }
    }

    private final Map<String, Line<T>> lines = new LinkedHashMap<>();
    private int size;
    private long changes;

    void add(T applicant) {
        if (lines.computeIfAbsent(applicant.tenant().name(), name -> new Line<>())
                .add(applicant)) {
            size++;
            changes++;
        }
    }

    /** False when it does not wait here. */
    boolean remove(T applicant) {
        Line<T> line = lines.get(applicant.tenant().name());
        if (line == null || !line.remove(applicant)) {
            return false;
        }
        size--;
        changes++;
        if (line.byArrival.isEmpty()) {
            lines.remove(applicant.tenant().name());
        }
        return true;
    }

    /** A head is admitted, before it is removed. */
    void admitted(T head) {
        Line<T> line = lines.get(head.tenant().name());
        if (line != null) {
            line.passed++; // If it has waited longest itself, removing it begins anew.
        }
    }

    /** Somebody who waits takes fewer places than before. */
    void changed() {
        changes++;
    }

    /** Grows with every change of who waits. */
    long changes() {
        return changes;
    }

    int size() {
        return size;
    }

    /** All, tenant by tenant. */
    List<T> all() {
        List<T> all = new ArrayList<>(size);
        lines.values().forEach(line -> all.addAll(line.byArrival));
        return all;
    }

    void clear() {
        lines.clear();
        size = 0;
        changes++;
    }

    /**
     * A copy in which the same are admitted in the same order, as long as nobody comes or goes.
     *
     * @param most who can be admitted until then
     */
    WaitingLine<Applicant> copy(int most) {
        WaitingLine<Applicant> copy = new WaitingLine<>();
        lines.forEach((tenant, line) -> {
            Line<Applicant> first = line.first(most);
            copy.lines.put(tenant, first);
            copy.size += first.byArrival.size();
        });
        return copy;
    }

    /** Of a tenant those who are less urgent than somebody. */
    int behind(Tenant tenant, int priority) {
        Line<T> line = lines.get(tenant.name());
        return line == null
                ? 0
                : line.byPriority.tailMap(priority, false).values().stream()
                        .mapToInt(Set::size)
                        .sum();
    }

    /**
     * Who is to be admitted next: strictly in order, so that a large request is never overtaken for ever by small ones.
     * Only a tenant whose share is used up lets others pass.
     *
     * @return null when nobody may
     */
    @Nullable
    T next(Holdings holdings) {
        for (T head : heads(holdings)) {
            if (holdings.allows(head)) {
                return head;
            }
        }
        return null;
    }

    /** The first of each tenant in the order in which they are to be admitted; of equals whose tenant came first. */
    private Collection<T> heads(Holdings holdings) {
        List<T> heads = new ArrayList<>(lines.size());
        for (Line<T> line : lines.values()) {
            heads.add(line.head());
        }
        if (heads.size() > 1) {
            heads.sort(Comparator.comparingLong(head -> holdings.pages(head.tenant())));
        }
        return heads;
    }
}
