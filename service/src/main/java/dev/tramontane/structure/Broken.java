package dev.tramontane.structure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Gathers alternatives of a shape: each with one condition more, by which a schema at some place is broken. */
final class Broken {
    /** Of a shape, besides what it holds. */
    static final int COPY = 8;

    private final String pointer;
    private final Shape base;
    private final Effort effort;
    private final List<Shape> all = new ArrayList<>();

    Broken(String pointer, Shape base, Effort effort) {
        this.pointer = pointer;
        this.base = base;
        this.effort = effort;
    }

    String pointer() {
        return pointer;
    }

    /** Those so far; to be added to. */
    List<Shape> all() {
        return all;
    }

    void add(Consumer<Shape> condition) {
        effort.spend(COPY + base.size());
        Shape copy = base.copy();
        condition.accept(copy);
        if (copy.mayHaveValues()) {
            all.add(copy);
        }
    }

    /** Of values of one type. */
    void add(String type, Consumer<Shape> condition) {
        if (base.types.contains(type)) {
            add(each -> condition.accept(each.only(type)));
        }
    }

    /** A value of a type may break a keyword in a way that can't be said. */
    void inexpressible(String type, String keyword) {
        add(
                type,
                each -> each.inexpressible.putIfAbsent(
                        type,
                        new StructureException(
                                JsonPointer.shown(JsonPointer.join(pointer, keyword)),
                                keyword
                                        + " is not supported where its opposite is asked for, as in not, if, or a oneOf of schemas that overlap")));
    }
}
