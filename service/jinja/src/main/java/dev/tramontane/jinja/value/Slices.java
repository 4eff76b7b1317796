package dev.tramontane.jinja.value;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code value[start:stop:step]}. */
public final class Slices {

    private Slices() {}

    /** The slice; null bounds are absent. Not every value has slices: null then. */
    public static @Nullable Value of(
            Value value, @Nullable Value start, @Nullable Value stop, @Nullable Value step, Budget budget) {
        return switch (value) {
            case Text text -> slice(text, indices(text.length(), start, stop, step), budget);
            case ListValue list ->
                new ListValue(
                        pick(list.items(), indices(list.items().size(), start, stop, step), budget), list.tuple());
            case Value.Range range -> {
                Indices indices = indices(range.length(), start, stop, step);
                yield new Value.Range(
                        range.start() + indices.start() * range.step(), range.step() * indices.step(), indices.count());
            }
            case Undefined undefined -> throw undefined.used();
            default -> null;
        };
    }

    private static Text slice(Text text, Indices indices, Budget budget) {
        int length = text.length();
        if (indices.step() == 1) {
            budget.make(indices.count());
            int from = text.offset((int) Math.min(indices.start(), length));
            int to = text.offset((int) Math.min(indices.start() + indices.count(), length));
            return text.substring(from, Math.max(from, to));
        }
        TextBuilder picked = new TextBuilder(budget);
        int[] codePoints = text.chars().codePoints().toArray();
        budget.spend(codePoints.length);
        // Where the code points have two units, origins are looked up by way of offsets.
        int[] offsets = length == text.chars().length() ? null : offsets(codePoints);
        for (int i = 0; i < indices.count(); i++) {
            int index = (int) (indices.start() + i * indices.step());
            picked.append(
                    Character.toString(codePoints[index]), text.isTrusted(offsets == null ? index : offsets[index]));
        }
        return picked.toText();
    }

    private static int[] offsets(int[] codePoints) {
        int[] offsets = new int[codePoints.length];
        for (int i = 1; i < offsets.length; i++) {
            offsets[i] = offsets[i - 1] + Character.charCount(codePoints[i - 1]);
        }
        return offsets;
    }

    private static List<Value> pick(List<Value> items, Indices indices, Budget budget) {
        budget.spend(indices.count());
        List<Value> picked = new ArrayList<>(indices.count());
        for (int i = 0; i < indices.count(); i++) {
            picked.add(items.get((int) (indices.start() + i * indices.step())));
        }
        return picked;
    }

    private record Indices(long start, long step, int count) {}

    /** {@code slice.indices} and the number of elements. */
    private static Indices indices(
            int length, @Nullable Value startValue, @Nullable Value stopValue, @Nullable Value stepValue) {
        long step = bound(stepValue, 1);
        if (step == 0) {
            throw new TemplateException("the step of a slice cannot be zero");
        }
        // Larger steps take one element at most, as this one does.
        step = Math.clamp(step, -(long) length - 1, (long) length + 1);
        long start = clip(bound(startValue, step > 0 ? 0 : length), length, step);
        long stop = clip(bound(stopValue, step > 0 ? length : -(long) length - 1), length, step);
        long span = step > 0 ? stop - start : start - stop;
        long count = span <= 0 ? 0 : (span - 1) / Math.abs(step) + 1;
        return new Indices(start, step, (int) count);
    }

    private static long clip(long index, int length, long step) {
        long from = index < 0 ? index + length : index;
        return step > 0 ? Math.clamp(from, 0, length) : Math.clamp(from, -1, length - 1L);
    }

    private static long bound(@Nullable Value value, long otherwise) {
        return switch (value) {
            case null -> otherwise;
            case Value.None _ -> otherwise;
            case Value.Int number -> number.clamped(-(1L << 40), 1L << 40);
            case Value.Bool bool -> bool.number();
            case Undefined undefined -> throw undefined.used();
            default -> throw new TemplateException("the bounds of a slice must be integers");
        };
    }
}
