package dev.tramontane.app;

import dev.tramontane.kernels.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Which model is served.
 *
 * @param asked the text that names it: a path, or a name
 * @param path the GGUF file, or the directory of the model, once {@link NamedModel} has found it
 * @param name by which clients know the model
 * @param chatLayout one of {@link LayoutChoice#names}
 * @param toolParser one of {@link LayoutChoice#parsers}
 * @param suggestedSampling whether what the makers suggest holds where requests say nothing
 * @param context tokens of prompt and answer together
 * @param window in place of the file's; 0 for full attention
 * @param quantize what unquantised matrices are rounded to at load
 */
record ModelChoice(
        Optional<String> asked,
        Optional<Path> path,
        Optional<String> name,
        String chatLayout,
        String toolParser,
        boolean suggestedSampling,
        OptionalInt context,
        OptionalInt window,
        Optional<DType> quantize) {
    /** The most tokens a context can have: the engine's limit. */
    private static final int MOST_CONTEXT = 1 << 30;

    static ModelChoice of(SettingValues values) {
        return new ModelChoice(
                values.parsed(
                        Setting.MODEL,
                        "a path or a name",
                        Function.identity(),
                        text -> !text.isEmpty() && text.chars().noneMatch(Character::isISOControl)),
                Optional.empty(),
                values.parsed(
                        Setting.SERVED_MODEL_NAME,
                        "a name of 1 to 200 characters",
                        Function.identity(),
                        name -> !name.isEmpty()
                                && name.length() <= 200
                                && name.chars().noneMatch(Character::isISOControl)),
                values.word(Setting.CHAT_LAYOUT, LayoutChoice.names()).orElseThrow(),
                values.word(Setting.TOOL_PARSER, LayoutChoice.parsers()).orElseThrow(),
                values.word(Setting.DEFAULT_SAMPLING, List.of("model", "neutral"))
                        .orElseThrow()
                        .equals("model"),
                values.whole(Setting.CONTEXT, 2, MOST_CONTEXT),
                values.wholeOrNone(Setting.WINDOW, MOST_CONTEXT),
                values.choice(
                        Setting.QUANTIZE,
                        List.of(DType.Q8_0, DType.Q4_0, DType.BF16),
                        type -> SettingValues.lower(type.name())));
    }
}
