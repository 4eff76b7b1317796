package dev.tramontane.chat.jinja.value;

/** A value in a template: Python's basic types, and objects that the interpreter itself provides. */
public sealed interface Value
        permits Text,
                Value.Bool,
                Value.Int,
                Value.Real,
                Value.None,
                Value.Range,
                Value.View,
                Undefined,
                ListValue,
                DictValue,
                Iteration,
                HostObject {

    /** True or False. */
    enum Bool implements Value {
        FALSE,
        TRUE;

        public static Bool of(boolean value) {
            return value ? TRUE : FALSE;
        }

        /** What it is in arithmetic. */
        public int number() {
            return this == TRUE ? 1 : 0;
        }
    }

    /** An int; Python's has no bounds, ours is an error past 64 bits. */
    record Int(long value) implements Value {}

    /** A float. */
    record Real(double value) implements Value {}

    /** None. */
    enum None implements Value {
        NONE
    }

    /** {@code range(start, stop, step)}, already bounded in length. */
    record Range(long start, long step, int length) implements Value {
        public Value get(int index) {
            return new Int(start + index * step);
        }
    }

    /** What {@code keys()}, {@code values()} and {@code items()} of a dictionary give. */
    record View(String name, ListValue items) implements Value {}
}
