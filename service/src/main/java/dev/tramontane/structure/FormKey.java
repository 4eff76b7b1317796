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

    /**
     * What a form says, in short.
     *
     * @param characters of all of it, as the limits count them
     */
    record Said(String digest, int characters) {}

    private FormKey() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** @throws StructureException for more characters than are read, before any work is spent on them */
    static Said of(Form form, StructureLimits limits) {
        FormKey key = new FormKey();
        key.left = limits.sourceCharacters();
        key.form(form, limits);
        return new Said(HexFormat.of().formatHex(key.digest.digest()), limits.sourceCharacters() - key.left);
    }

    private void form(Form form, StructureLimits limits) {
        switch (form) {
            case Form.Choice choice -> {
                add("choice" + choice.choices().size());
                choice.choices().forEach(each -> text(each, limits));
            }
            case Form.Regex regex -> {
                add("regex");
                text(regex.pattern(), limits);
            }
            case Form.JsonSchema schema -> {
                add((schema.strict() ? "strict schema" : "schema") + (schema.compact() ? ", compact" : ""));
                tree(schema.schema(), 0, limits);
            }
            case Form.Grammar grammar -> {
                add("grammar");
                text(grammar.text(), limits);
            }
            case Form.JsonObject object -> add(object.compact() ? "object, compact" : "object");
            case Form.Sequence sequence -> forms("sequence", sequence.parts(), limits);
            case Form.Any any -> forms("any", any.ways(), limits);
            case Form.Repeat repeat -> forms("repeat", List.of(repeat.body()), limits);
            case Form.Without without -> {
                add("without" + without.marks().size());
                without.marks().forEach(each -> text(each, limits));
            }
            case Form.Tagged tagged -> {
                add((tagged.strict() ? "strict tagged" : "tagged")
                        + tagged.texts().size() + "," + tagged.marks().size());
                List.of(tagged.open(), tagged.opened(), tagged.close()).forEach(each -> text(each, limits));
                tagged.texts().stream().sorted().forEach(each -> text(each, limits));
                tagged.marks().forEach(each -> text(each, limits));
                tree(tagged.schema(), 0, limits);
            }
            case Form.Labelled labelled -> {
                add("labelled " + labelled.label());
                form(labelled.body(), limits);
            }
        }
    }

    private void forms(String kind, List<Form> forms, StructureLimits limits) {
        add(kind + forms.size());
        forms.forEach(each -> form(each, limits));
    }

    /** Digested piece by piece, what is too long is refused before it costs more. */
    private void text(String text, StructureLimits limits) {
        if (text.length() > left) {
            Structure.checkLength(limits.sourceCharacters() - left + (long) text.length(), limits);
        }
        left -= text.length();
        add(text);
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
