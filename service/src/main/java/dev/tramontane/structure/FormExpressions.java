package dev.tramontane.structure;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads forms to expressions. */
final class FormExpressions {
    private FormExpressions() {}

    /** @throws StructureException where it is wrong or not supported */
    static Expression of(Form form, Effort effort) {
        StructureLimits limits = effort.limits();
        return switch (form) {
            case Form.Choice choice -> words(choice.choices());
            case Form.Regex regex -> RegexReader.read(regex.pattern(), limits);
            case Form.JsonSchema schema -> {
                if (schema.strict()) {
                    StrictSubset.check(schema.schema());
                }
                yield SchemaCompiler.compile(schema.schema(), JsonLayout.of(schema.compact()), effort);
            }
            case Form.Grammar grammar -> GrammarReader.read(grammar.text(), limits);
            case Form.JsonObject any -> JsonLayout.of(any.compact()).object();
            case Form.Sequence sequence -> new Expression.Sequence(all(sequence.parts(), effort));
            case Form.Any any -> new Expression.Choice(all(any.ways(), effort));
            case Form.Repeat repeat -> new Expression.Repeat(of(repeat.body(), effort), 0, Expression.UNBOUNDED);
            case Form.Without without -> new Expression.Regular(RawTexts.without(without.marks()), Spelling.RAW);
            case Form.Tagged tagged -> TaggedMembers.of(tagged, effort);
            case Form.Labelled labelled -> {
                try {
                    yield of(labelled.body(), effort);
                } catch (StructureException wrong) {
                    throw new StructureException("", labelled.label() + ": " + wrong.getMessage());
                }
            }
        };
    }

    private static List<Expression> all(List<Form> forms, Effort effort) {
        return forms.stream().map(form -> of(form, effort)).toList();
    }

    private static Expression words(List<String> choices) {
        List<byte[]> words = new ArrayList<>();
        for (int at = 0; at < choices.size(); at++) {
            String text = choices.get(at);
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw new StructureException("choice " + at, "it has half a surrogate pair, which no text can have");
            }
            words.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return new Expression.Words(words);
    }
}
