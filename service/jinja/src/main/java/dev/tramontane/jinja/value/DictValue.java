package dev.tramontane.jinja.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A dictionary in insertion order. Keys are equal as Python's are: 1, 1.0 and True are one key. */
public final class DictValue implements Value {

    /** A key as it was first written, and its value. */
    public record Entry(Value key, Value value) {}

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** Adds an entry while the dictionary is being made. */
    public DictValue put(Value key, Value value) {
        Object hash = key(key, 0);
        Entry old = entries.get(hash);
        entries.put(hash, new Entry(old == null ? key : old.key(), value));
        return this;
    }

    public DictValue putAll(DictValue other) {
        other.entries.values().forEach(entry -> put(entry.key(), entry.value()));
        return this;
    }

    public int size() {
        return entries.size();
    }

    /** The value, or null; an unhashable key is an error. */
    public @Nullable Value get(Value key) {
        Entry entry = entries.get(key(key, 0));
        return entry == null ? null : entry.value();
    }

    /** The value under a string key, or null. */
    public @Nullable Value get(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value();
    }

    public Iterable<Entry> entries() {
        return entries.values();
    }

    public List<Value> keys() {
        List<Value> keys = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> keys.add(entry.key()));
        return keys;
    }

    public List<Value> values() {
        List<Value> values = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> values.add(entry.value()));
        return values;
    }

    /** Tuples of key and value. */
    public List<Value> items() {
        List<Value> items = new ArrayList<>(entries.size());
        entries.values().forEach(entry -> items.add(ListValue.tuple(entry.key(), entry.value())));
        return items;
    }

    /** What a value is as a key: equal objects for equal values. */
    static Object key(Value value, int depth) {
        return switch (value) {
            case Text text -> text.chars();
            case Bool bool -> BigInteger.valueOf(bool.number());
            case Int number -> number.value();
            case Real real ->
                Double.isFinite(real.value()) && real.value() == Math.rint(real.value())
                        ? (Object) new BigDecimal(real.value()).toBigIntegerExact()
                        : (Object) real.value();
            case None none -> none;
            case ListValue list
            when list.tuple() -> {
                if (depth > 100) {
                    throw new TemplateException("a key has tuples nested too deeply");
                }
                yield list.items().stream().map(item -> key(item, depth + 1)).toList();
            }
            case Undefined _, Range _, HostObject _, Iteration _ -> value;
            case ListValue _, DictValue _, View _ ->
                throw new TemplateException(Types.shown(value) + " cannot be a key");
        };
    }
}
