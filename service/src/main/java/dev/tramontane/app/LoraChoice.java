package dev.tramontane.app;

import dev.tramontane.model.Adapter;
import dev.tramontane.model.AdapterRoom;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which adapters there are.
 *
 * @param atStart their directories by their names, MODEL:NAME or NAME; without the model once {@link LoraBinding} has found out of
 *     which they are
 * @param directory from which requests may load others; empty: from nowhere
 * @param room for them; none where neither is given
 */
record LoraChoice(Map<String, Path> atStart, Optional<Path> directory, AdapterRoom room) {
    static LoraChoice of(SettingValues values) {
        Map<String, Path> atStart = values.adapters(Setting.LORA);
        Optional<Path> directory = values.path(Setting.LORA_DIR);
        int most = values.whole(Setting.MAX_LORAS, 1, 1024).orElseThrow();
        int rank = values.whole(Setting.MAX_LORA_RANK, 1, 512).orElseThrow();
        String type = values.word(Setting.LORA_TYPE, List.of("f32", "bf16", "f16"))
                .orElseThrow()
                .toUpperCase(Locale.ROOT);
        boolean wanted = !atStart.isEmpty() || directory.isPresent();
        return new LoraChoice(
                atStart,
                directory,
                wanted ? new AdapterRoom(most, rank, Adapter.Type.valueOf(type)) : AdapterRoom.NONE);
    }
}
