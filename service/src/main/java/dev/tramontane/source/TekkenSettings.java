package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.chat.MistralSettings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code model_settings_builder} of a {@code tekken.json} of version 15, as mistral-common reads it. */
final class TekkenSettings {
    static final String KEY = "model_settings_builder";
    private static final Set<String> SETTINGS = Set.of(MistralSettings.EFFORT, MistralSettings.SCHEMA);

    private TekkenSettings() {}

    static MistralSettings of(JsonParameters section) {
        section.entries().keySet().stream()
                .filter(key -> section.has(key) && !SETTINGS.contains(key))
                .findFirst()
                .ifPresent(key -> {
                    throw section.unsupported(
                            key,
                            quoted(section.spelled(key)) + " is a setting that is not known",
                            String.join(" and ", SETTINGS.stream().sorted().toList()));
                });
        return section.section(MistralSettings.EFFORT)
                .map(effort -> efforts(effort, section.has(MistralSettings.SCHEMA)))
                .orElseGet(() -> new MistralSettings(List.of(), "", section.has(MistralSettings.SCHEMA)));
    }

    private static MistralSettings efforts(JsonParameters section, boolean showsSchema) {
        List<String> efforts = new ArrayList<>();
        for (Object each : section.list("values").orElseThrow(() -> section.missing("values", "a list of efforts"))) {
            if (!(each instanceof String effort && MistralSettings.EFFORTS.contains(effort))) {
                throw section.fault(
                        "values",
                        "the value " + JsonParameters.shown(each),
                        "one of " + String.join(", ", MistralSettings.EFFORTS));
            }
            efforts.add(effort);
        }
        if (new HashSet<>(efforts).size() != efforts.size()) {
            throw section.fault("values", "one value twice", "each once");
        }
        String usual = section.findString("default").orElseThrow(() -> section.missing("default", "an effort"));
        if (!efforts.contains(usual)) {
            throw section.fault("default", "the value " + quoted(usual), "one of " + String.join(", ", efforts));
        }
        return new MistralSettings(efforts, usual, showsSchema);
    }
}
