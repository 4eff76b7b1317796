package dev.tramontane.structure;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tramontane.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An independent validator of draft 2020-12, formats included, and how a structure takes a text byte by byte. */
public final class Judge {
    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final Schema schema;

    /** Of a schema of draft 2020-12, formats included. */
    public Judge(String schema) {
        this.schema = REGISTRY.getSchema(schema);
    }

    public List<Error> errors(String document) {
        return schema.validate(
                document,
                InputFormat.JSON,
                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }

    public boolean takes(String document) {
        return errors(document).isEmpty();
    }

    static Map<String, @Nullable Object> tree(String schema) {
        return JsonReader.object(schema, "schema");
    }

    static Structure structure(String schema, TokenTree tokens) {
        return Structure.of(new Form.JsonSchema(tree(schema), false), tokens, StructureLimits.DEFAULT);
    }

    /** Whether a text is whole for a structure over a vocabulary whose first 256 tokens are the bytes. */
    static boolean allows(Structure structure, String text) {
        Matcher matcher = structure.matcher();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            if (!matcher.accept(each & 0xff)) {
                return false;
            }
        }
        return matcher.isComplete();
    }
}
