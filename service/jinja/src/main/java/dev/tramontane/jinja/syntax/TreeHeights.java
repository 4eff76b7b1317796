package dev.tramontane.jinja.syntax;

import dev.tramontane.jinja.value.TemplateException;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** How high the trees of one template's expressions are: long chains of operators make high ones without nesting. */
final class TreeHeights {
    private static final int HIGHEST = 150;

    private final IdentityHashMap<Expression, Integer> heights = new IdentityHashMap<>();

    /** Notes how high a tree the node makes with its children. */
    <E extends Expression> E made(E node, @Nullable Expression... children) {
        int height = 1;
        for (Expression child : children) {
            height = Math.max(height, child == null ? 1 : 1 + heights.getOrDefault(child, 1));
        }
        if (height > HIGHEST) {
            throw new TemplateException("an expression is more than " + HIGHEST + " operations deep", node.line());
        }
        heights.put(node, height);
        return node;
    }
}
