package dev.tramontane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.chat.ChatLayoutException;
import dev.tramontane.chat.ChatPrompt;
import dev.tramontane.chat.Conversation;
import dev.tramontane.chat.MistralLayout;
import dev.tramontane.chat.MistralSettings;
import dev.tramontane.chat.MistralVersion;
import dev.tramontane.fixtures.Oracle;
import dev.tramontane.fixtures.OracleModels;
import dev.tramontane.json.JsonLimits;
import dev.tramontane.json.JsonStream;
import dev.tramontane.weights.ModelFileException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Settings of version 15 against mistral-common's: what a file says, what is asked for, what the model is shown. */
final class TekkenSettingsTest {
    private static final String SETTINGS = """
            {"reasoning_effort": {"type": "enum", "values": ["none", "high"], "accepts_none": true, "default": "high"}}""";

    @TempDir
    Path dir;

    static Stream<JsonNode> cases() {
        return Oracle.stream(Oracle.read("mistral-settings").get("cases"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void asMistralCommon(JsonNode test) {
        if (test.has("error") && test.get("error").asString().startsWith("file")) {
            assertThatThrownBy(() -> settings(test.get("settings")))
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("model_settings_builder.");
            return;
        }
        MistralLayout layout = MistralLayout.of(MistralVersion.V15, settings(test.get("settings")));
        Map<String, @Nullable Object> whole = object(test.toString());
        Conversation conversation = new Conversation(
                maps(whole.get("messages")), maps(whole.get("tools")), true, false, map(whole.get("variables")));
        if (test.has("error")) {
            assertThatThrownBy(() -> layout.render(conversation)).isInstanceOf(ChatLayoutException.class);
            return;
        }
        assertThat(layout.render(conversation).pieces().stream()
                        .map(piece -> piece instanceof ChatPrompt.Control ? "#" + piece.text() : "=" + piece.text())
                        .toList())
                .isEqualTo(Oracle.stream(test.get("pieces"))
                        .map(JsonNode::asString)
                        .toList());
    }

    /** A whole directory of version 15, as one is downloaded. */
    @Test
    void aDirectorySaysItsSettings() throws IOException {
        try (ModelSource source = ModelSource.open(directory(SETTINGS))) {
            assertThat(source.chat().version()).contains(MistralVersion.V15);
            assertThat(source.chat().settings()).contains(new MistralSettings(List.of("none", "high"), "high", false));
        }
        try (ModelSource source = ModelSource.open(directory("null"))) {
            assertThat(source.chat().settings()).isEmpty();
        }
        try (ModelSource source = ModelSource.open(directory("{\"mood\": {\"type\": \"enum\"}}"))) {
            assertThatThrownBy(source::chat)
                    .isInstanceOf(ModelFileException.class)
                    .hasMessageContaining("\"model_settings_builder.mood\" is a setting that is not known");
        }
    }

    private Path directory(String settings) throws IOException {
        Path model = Files.createDirectories(dir.resolve("model" + settings.length()));
        Path from = OracleModels.named("ministral3-native").path();
        for (String file : List.of("params.json", "consolidated.safetensors")) {
            Files.copy(from.resolve(file), model.resolve(file));
        }
        JsonObject tekken = new JsonObject(Files.readString(from.resolve("tekken.json")));
        tekken.getJsonObject("config").put("version", "v15");
        JsonArray specials = new JsonArray();
        List<String> names = List.of("<unk>", "<s>", "</s>", "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]");
        for (int i = 0; i < tekken.getJsonObject("config").getInteger("default_num_special_tokens"); i++) {
            String name = i < names.size() ? names.get(i) : "<SPECIAL_" + i + ">";
            specials.add(new JsonObject().put("rank", i).put("token_str", name).put("is_control", true));
        }
        tekken.put("special_tokens", specials);
        String whole = tekken.encode();
        Files.writeString(
                model.resolve("tekken.json"),
                whole.substring(0, whole.length() - 1) + ", \"model_settings_builder\": " + settings + "}");
        return model;
    }

    private static MistralSettings settings(JsonNode section) {
        return TekkenSettings.of(new JsonParameters("tekken.json", TekkenSettings.KEY, object(section.toString())));
    }

    static Map<String, @Nullable Object> object(String json) {
        MemorySegment bytes = MemorySegment.ofArray(json.getBytes(StandardCharsets.UTF_8));
        try (JsonStream stream = JsonStream.open(bytes, "case", new JsonLimits(1 << 20, 64, 1024, 1 << 16, 10_000))) {
            return stream.object();
        }
    }

    @SuppressWarnings("unchecked") // JsonStream makes maps of no other kind.
    private static Map<String, @Nullable Object> map(@Nullable Object value) {
        return (Map<String, @Nullable Object>) Objects.requireNonNull(value);
    }

    private static List<Map<String, @Nullable Object>> maps(@Nullable Object list) {
        List<Map<String, @Nullable Object>> maps = new ArrayList<>();
        ((List<?>) Objects.requireNonNull(list)).forEach(each -> maps.add(map(each)));
        return maps;
    }
}
