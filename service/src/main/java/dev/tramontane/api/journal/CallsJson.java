package dev.tramontane.api.journal;

import dev.tramontane.answer.CallRules;
import dev.tramontane.answer.CallRules.Need;
import dev.tramontane.json.JsonFields;
import dev.tramontane.json.JsonWriter;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Which calls an answer may make, as JSON: it is held to the same where it goes on. The tools themselves stand beside the prompt. */
final class CallsJson {
    private CallsJson() {}

    /** Writes nothing where the model calls as it likes. */
    static void write(JsonGenerator json, CallRules calls) {
        if (calls.isFree()) {
            return;
        }
        json.writeName("calls").writeStartObject();
        json.writeStringProperty("need", calls.need().name().toLowerCase(Locale.ROOT));
        write(json, "allowed", calls.allowed());
        write(json, "strict", calls.strict());
        json.writeBooleanProperty("several", calls.several());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, Set<String> names) {
        json.writeName(name);
        JsonWriter.tree(json, names.stream().sorted().toList());
    }

    static CallRules read(@Nullable JsonFields fields) {
        if (fields == null) {
            return CallRules.FREE;
        }
        String word = fields.requiredString("need");
        Need need = switch (word) {
            case "may" -> Need.MAY;
            case "must" -> Need.MUST;
            case "named" -> Need.NAMED;
            default -> throw fields.wrong("need", "may, must or named", word);
        };
        CallRules calls =
                new CallRules(need, names(fields, "allowed"), names(fields, "strict"), fields.flag("several", true));
        fields.end();
        return calls;
    }

    private static Set<String> names(JsonFields fields, String name) {
        Set<String> names = new LinkedHashSet<>();
        for (Object each : fields.requiredArray(name)) {
            names.add(JsonFields.string(each, fields.path(name)));
        }
        return names;
    }
}
