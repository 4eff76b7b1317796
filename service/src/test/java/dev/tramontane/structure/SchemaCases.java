package dev.tramontane.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Schemas with documents, written with single quotes, and what two validators make of them. */
final class SchemaCases {
    private SchemaCases() {}

    static Arguments schema(String schema, String... documents) {
        return Arguments.of(
                schema.replace('\'', '"'),
                Stream.of(documents).map(each -> each.replace('\'', '"')).toList());
    }

    /** Holds what a structure takes against another validator's word; how many documents are valid. */
    static int agree(String schema, List<String> documents, TokenTree tokens) {
        Judge judge = new Judge(schema);
        Structure structure = Judge.structure(schema, tokens);
        int valid = 0;
        for (String document : documents) {
            boolean right = judge.takes(document);
            valid += right ? 1 : 0;
            assertThat(Judge.allows(structure, document))
                    .as("%s takes %s", schema, document)
                    .isEqualTo(right);
        }
        return valid;
    }
}
