package dev.tramontane.generation;

import dev.tramontane.engine.Tenant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's prompts that wait to be encoded, fair by size: all advance alike, as if each were worked on a little in turn,
 * and that one is begun next which would be done first. Guarded by the lock of {@link PromptThreads}.
 */
final class PromptLine {
    /** Up to this size a prompt is short: some milliseconds of work, some tens if it is one endless word. */
    static final long SHORT = 32 << 10;

    private static final Comparator<Task> ORDER =
            Comparator.<Task>comparingDouble(task -> task.due).thenComparingLong(task -> task.number);

    /** One prompt's work. */
    static final class Task {
        final PromptLine line;
        final Runnable work;
        final Consumer<GenerationException> refused;
        final double size;
        private final BooleanSupplier late;
        private final double due;
        private final long number;

        private Task(
                PromptLine line,
                Runnable work,
                Consumer<GenerationException> refused,
                BooleanSupplier late,
                double size,
                long number) {
            this.line = line;
            this.work = work;
            this.refused = refused;
            this.late = late;
            this.size = size;
            this.number = number;
            due = line.advanced + size;
        }
    }

    private final PriorityQueue<Task> shorts = new PriorityQueue<>(ORDER);
    private final PriorityQueue<Task> longs = new PriorityQueue<>(ORDER);
    final Tenant tenant;

    /** Work done for this tenant since others wait as well, in its size's unit. */
    double served;

    /** How far every prompt has advanced that waited all the time. */
    private double advanced;

    private int running;
    private long submitted;

    /** @param served where the least served of the others is */
    PromptLine(Tenant tenant, double served) {
        this.tenant = tenant;
        this.served = served;
    }

    /** @param late whether nobody wants it any more, because its deadline has passed */
    Task add(double size, Runnable work, Consumer<GenerationException> refused, BooleanSupplier late) {
        Task task = new Task(this, work, refused, late, size, submitted++);
        queueOf(task).add(task);
        return task;
    }

    /** False when it does not wait any more. */
    boolean remove(Task task) {
        return queueOf(task).remove(task);
    }

    /** The next, or null; it stays until it is begun. */
    @Nullable
    Task next(boolean shortOnly) {
        Task brief = shorts.peek();
        Task other = shortOnly ? null : longs.peek();
        return brief == null || (other != null && ORDER.compare(other, brief) < 0) ? other : brief;
    }

    void begin(Task task) {
        advanced += task.size / (size() + running);
        served += task.size;
        queueOf(task).remove(task);
        running++;
    }

    void done() {
        running--;
    }

    int size() {
        return shorts.size() + longs.size();
    }

    /** Whether there is nothing to remember of it. */
    boolean isIdle() {
        return size() == 0 && running == 0;
    }

    /** Takes out whose deadline has passed. */
    List<Task> takeLate() {
        List<Task> late = Stream.concat(shorts.stream(), longs.stream())
                .filter(task -> task.late.getAsBoolean())
                .toList();
        late.forEach(this::remove);
        return late;
    }

    /** Takes out all. */
    List<Task> takeAll() {
        List<Task> all = new ArrayList<>(shorts);
        all.addAll(longs);
        shorts.clear();
        longs.clear();
        return all;
    }

    private PriorityQueue<Task> queueOf(Task task) {
        return task.size <= SHORT ? shorts : longs;
    }
}
