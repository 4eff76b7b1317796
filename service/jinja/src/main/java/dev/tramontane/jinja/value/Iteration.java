package dev.tramontane.jinja.value;

import java.util.List;

/** A generator: can be gone through once. Its elements are computed when it is made. */
public final class Iteration implements Value {
    private List<Value> rest;

    public Iteration(List<Value> items) {
        rest = items;
    }

    /** The elements, which are gone then. */
    public List<Value> take() {
        List<Value> items = rest;
        rest = List.of();
        return items;
    }
}
