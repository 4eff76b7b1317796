package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What tells forms apart: a digest of their kind and of all they say, lengths before texts, so that no two read alike. */
final class FormKey {
    private final MessageDigest digest;
    private int left;

    private FormKey() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** @throws StructureException for more characters than are read, before any work is spent on them */
    static String of(Form form, StructureLimits limits) {
        FormKey key = new FormKey();
        switch (form) {
            case Form.Choice choice -> {
                Structure.checkLength(
                        choice.choices().stream().mapToLong(String::length).sum(), limits);
                key.add("choice");
                choice.choices().forEach(key::add);
            }
            case Form.Regex regex -> {
                Structure.checkLength(regex.pattern().length(), limits);
                key.add("regex");
                key.add(regex.pattern());
            }
            case Form.JsonSchema schema -> {
                key.add(schema.strict() ? "strict schema" : "schema");
                key.left = limits.sourceCharacters();
                key.tree(schema.schema(), 0, limits);
            }
            case Form.Grammar grammar -> {
                Structure.checkLength(grammar.text().length(), limits);
                key.add("grammar");
                key.add(grammar.text());
            }
            case Form.JsonObject _ -> key.add("object");
        }
        return HexFormat.of().formatHex(key.digest.digest());
    }

    /** In the order of names, which is the order of members in an answer. */
    private void tree(@Nullable Object tree, int depth, StructureLimits limits) {
        if (depth > 4 * limits.nesting()) {
            throw new StructureException("", "the schema is nested deeper than " + 4 * limits.nesting());
        }
        switch (tree) {
            case Map<?, ?> map -> {
                add("{" + map.size());
                map.forEach((name, value) -> {
                    count(((String) name).length(), limits);
                    add((String) name);
                    tree(value, depth + 1, limits);
                });
            }
            case List<?> list -> {
                add("[" + list.size());
                list.forEach(value -> tree(value, depth + 1, limits));
            }
            case null -> add("null");
            case String text -> {
                count(text.length(), limits);
                add("\"" + text);
            }
            case Boolean flag -> add(flag.toString());
            case Number number -> add("n" + JsonValues.decimal(number));
            default -> throw new IllegalArgumentException("no JSON value is a " + tree.getClass());
        }
        count(1, limits);
    }

    private void count(int characters, StructureLimits limits) {
        left -= characters;
        if (left < 0) {
            throw new StructureException(
                    "", "the schema has more than " + limits.sourceCharacters() + " characters of names and values");
        }
    }

    private void add(String text) {
        byte[] units = text.getBytes(StandardCharsets.UTF_16BE);
        digest.update((units.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(units);
    }
}
