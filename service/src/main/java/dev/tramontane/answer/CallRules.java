package dev.tramontane.answer;

import java.util.Set;

/**
 * Which of the tools offered an answer may call, and whether it must.
 *
 * @param need whether some must be called
 * @param allowed names of those that may be; empty for all
 * @param strict names of those whose arguments follow their schemas, whether a call is needed or not
 * @param several whether one answer may make more than one call
 */
public record CallRules(Need need, Set<String> allowed, Set<String> strict, boolean several) {
    /** The model calls what it likes, as it likes. */
    public static final CallRules FREE = new CallRules(Need.MAY, Set.of(), Set.of(), true);

    /** Whether an answer must call. */
    public enum Need {
        /** As the model likes. */
        MAY,
        /** One of those allowed at least. */
        MUST,
        /** The one that is allowed, once. */
        NAMED
    }

    public CallRules {
        allowed = Set.copyOf(allowed);
        strict = Set.copyOf(strict);
    }

    /** The same, of these tools strictly, and at most one call where not several. */
    public CallRules with(Set<String> strictly, boolean many) {
        return new CallRules(need, allowed, strictly, many && need != Need.NAMED);
    }

    /** Whether the arguments of that tool follow its schema, wherever it is called. */
    public boolean holds(String tool) {
        return need != Need.MAY || strict.contains(tool);
    }

    /** Whether nothing has to be seen to. */
    public boolean isFree() {
        return equals(FREE);
    }
}
