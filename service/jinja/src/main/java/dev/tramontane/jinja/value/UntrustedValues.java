package dev.tramontane.jinja.value;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From the JSON-like objects of a conversation to values, all of whose text is untrusted. */
public final class UntrustedValues {
    /** More than what is around the JSON in a conversation, and that JSON, may have together. */
    private static final int DEEPEST = 180;

    private UntrustedValues() {}

    /** The value of a String, Boolean, integer, Double, List, Map with string keys, or null. */
    public static Value of(@Nullable Object object) {
        return of(object, 0);
    }

    private static Value of(@Nullable Object object, int depth) {
        if (depth > DEEPEST) {
            throw new TemplateException("the conversation nests deeper than " + DEEPEST + " levels");
        }
        return switch (object) {
            case null -> Value.None.NONE;
            case String text -> Text.untrusted(text);
            case Boolean bool -> Value.Bool.of(bool);
            case Long number -> new Value.Int(number);
            case Integer number -> new Value.Int(number);
            case BigInteger number -> new Value.Int(number);
            case Double number -> new Value.Real(number);
            case List<?> list -> {
                List<Value> items = new ArrayList<>(list.size());
                for (Object item : list) {
                    items.add(of(item, depth + 1));
                }
                yield ListValue.list(items);
            }
            case Map<?, ?> map -> {
                DictValue dict = new DictValue();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    dict.put(Text.untrusted(String.valueOf(entry.getKey())), of(entry.getValue(), depth + 1));
                }
                yield dict;
            }
            default ->
                throw new TemplateException("the conversation holds a value that is not of JSON: "
                        + object.getClass().getSimpleName());
        };
    }
}
