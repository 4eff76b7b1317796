package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The sequences that hold a page table. Those that a step may compute are in order of admission; those that wait for demand
 * are parked beside them, where no step looks: a reader who stands still costs the others its pages and nothing more. Engine
 * thread only.
 */
final class Admitted {
    private final List<Sequence> running = new ArrayList<>();
    private final Set<Sequence> parked = new LinkedHashSet<>();
    private final ParkedWork parkedWork = new ParkedWork();
    private final Absent absent = new Absent(parked::contains);
    private long orders;
    private long asked;
    private long looks;

    void add(Sequence sequence) {
        sequence.order = ++orders;
        running.add(sequence);
        asked += asked(sequence);
    }

    void remove(Sequence sequence) {
        if (!unpark(sequence)) {
            running.remove(firstFrom(sequence.order));
        }
        asked -= asked(sequence);
        absent.review(sequence.request);
    }

    /** Puts another choice of the same request in a sequence's place in the order. */
    void replace(Sequence before, Sequence after) {
        after.order = before.order;
        if (unpark(before)) {
            park(after);
        } else {
            running.set(firstFrom(before.order), after);
        }
    }

    /** Parks those that wait for demand. Before a step is planned. */
    void settle() {
        int kept = 0;
        for (int i = 0; i < running.size(); i++) {
            Sequence sequence = running(i);
            if (sequence.runnable() || !sequence.park()) {
                running.set(kept++, sequence);
            } else {
                park(sequence);
            }
        }
        running.subList(kept, running.size()).clear();
    }

    /** There is demand for a choice: it is where it was, or the one that leads it is. Does nothing for one that is not parked. */
    void wake(Sequence choice) {
        if (choice.request.live == 0) {
            return;
        }
        Sequence sequence = choice.request.forked ? choice : choice.request.leader();
        if (unpark(sequence)) {
            running.add(firstFrom(sequence.order), sequence);
        }
    }

    /** Whoever has no demand is parked again by {@link #settle}. */
    void wakeAll() {
        List.copyOf(parked).forEach(this::wake);
    }

    private void park(Sequence sequence) {
        parked.add(sequence);
        parkedWork.add(sequence);
        absent.review(sequence.request);
    }

    private boolean unpark(Sequence sequence) {
        if (!parked.remove(sequence)) {
            return false;
        }
        parkedWork.remove(sequence);
        absent.review(sequence.request);
        return true;
    }

    /** Index among the running of the first that was admitted as so manieth or later. */
    int firstFrom(long order) {
        int low = 0;
        int high = running.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (running.get(middle).order < order) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Those that are not parked. */
    int running() {
        return running.size();
    }

    Sequence running(int index) {
        looks++;
        return running.get(index);
    }

    /** Of the parked those whom nobody attends to. */
    Absent absent() {
        return absent;
    }

    /** What the parked have left to do. */
    ParkedWork parkedWork() {
        return parkedWork;
    }

    int size() {
        return running.size() + parked.size();
    }

    /** Tokens that they may generate in all. */
    long asked() {
        return asked;
    }

    private static int asked(Sequence sequence) {
        return sequence.request.answer() - sequence.request.continued();
    }

    /** A copy of all. */
    List<Sequence> all() {
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(parked);
        looks += all.size();
        return all;
    }

    /** How often a sequence was looked at since the start. */
    long looks() {
        return looks;
    }

    /**
     * @throws IllegalStateException naming what does not add up
     */
    void checkBooks() {
        ParkedWork counted = new ParkedWork();
        parked.forEach(counted::add);
        if (!counted.equals(parkedWork)) {
            throw new IllegalStateException("what parked sequences have left is " + counted + ", not " + parkedWork);
        }
        absent.checkBooks();
        for (int i = 0; i < running.size(); i++) {
            if (parked.contains(running.get(i)) || (i > 0 && running.get(i).order <= running.get(i - 1).order)) {
                throw new IllegalStateException("running sequences are out of order, or parked as well");
            }
        }
    }
}
