package dev.tramontane.jinja.value;

import java.math.BigInteger;

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

    /** An int. It has as many digits as it was written with; arithmetic beyond {@link Arithmetic#BITS} is an error. */
    record Int(BigInteger value) implements Value {
        public Int(long value) {
            this(BigInteger.valueOf(value));
        }

        /** The value, or the nearest one between the bounds. */
        public long clamped(long least, long most) {
            if (value.bitLength() < Long.SIZE) {
                return Math.clamp(value.longValue(), least, most);
            }
            return value.signum() < 0 ? least : most;
        }
    }

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
