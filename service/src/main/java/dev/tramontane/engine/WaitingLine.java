package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * Requests that wait for admission: a line for each tenant, first come, first served. Of the lines that one is next whose
 * tenant holds least of the cache, so that they come to hold alike. Engine thread only.
 */
final class WaitingLine {
    private final Map<String, Set<Request>> lines = new LinkedHashMap<>();
    private int size;

    void add(Request request) {
        Set<Request> line = lines.computeIfAbsent(request.tenant().name(), name -> new LinkedHashSet<>());
        if (line.add(request)) {
            size++;
        }
    }

    /** False when it does not wait here. */
    boolean remove(Request request) {
        Set<Request> line = lines.get(request.tenant().name());
        if (line == null || !line.remove(request)) {
            return false;
        }
        size--;
        if (line.isEmpty()) {
            lines.remove(request.tenant().name());
        }
        return true;
    }

    int size() {
        return size;
    }

    /** All, tenant by tenant. */
    List<Request> all() {
        List<Request> all = new ArrayList<>(size);
        lines.values().forEach(all::addAll);
        return all;
    }

    void clear() {
        lines.clear();
        size = 0;
    }

    /**
     * The first of each tenant in the order in which they are to be admitted.
     *
     * @param held what a tenant holds now
     */
    Collection<Request> heads(ToLongFunction<Tenant> held) {
        List<Request> heads = new ArrayList<>(lines.size());
        for (Set<Request> line : lines.values()) {
            if (!line.isEmpty()) {
                heads.add(line.iterator().next());
            }
        }
        if (heads.size() > 1) {
            heads.sort(Comparator.<Request>comparingLong(head -> held.applyAsLong(head.tenant()))
                    .thenComparingLong(head -> head.submittedNanos));
        }
        return heads;
    }
}
