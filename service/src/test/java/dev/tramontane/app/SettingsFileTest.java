package dev.tramontane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsFileTest {
    @TempDir
    Path dir;

    private Map<Setting, String> read(String text) throws IOException {
        return SettingsFile.read(Files.writeString(dir.resolve("t.properties"), text), "--config");
    }

    @Test
    void readsKeysAndComments() throws IOException {
        assertThat(read("# ours\nport = 8081\ncache-memory: 2GiB\nserved-model-name = Mistral é\n"))
                .containsOnly(
                        Map.entry(Setting.PORT, "8081"),
                        Map.entry(Setting.CACHE_MEMORY, "2GiB"),
                        Map.entry(Setting.SERVED_MODEL_NAME, "Mistral é"));
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        Path file = dir.resolve("t.properties");
        assertThatThrownBy(() -> read("prot = 1"))
                .isInstanceOf(UsageException.class)
                .hasMessage("--config: " + file + ": there is no setting called prot; did you mean port?");
        assertThatThrownBy(() -> read("xyzzy = 1")).hasMessageEndingWith("there is no setting called xyzzy");
        assertThatThrownBy(() -> read("port = 1\nport = 2")).hasMessageEndingWith("the setting port is there twice");
        assertThatThrownBy(() -> read("port = \\u00"))
                .hasMessageStartingWith("--config: " + file + ": ")
                .hasMessageContaining("\\u");
    }

    @Test
    void refusesWhatIsNoSettingsFile() throws IOException {
        Path absent = dir.resolve("absent");
        assertThatThrownBy(() -> SettingsFile.read(absent, "--config (from TRAMONTANE_CONFIG)"))
                .hasMessage("--config (from TRAMONTANE_CONFIG): " + absent + " does not exist");
        assertThatThrownBy(() -> SettingsFile.read(dir, "--config"))
                .hasMessage("--config: " + dir + " is not a regular file");
        Path binary = Files.write(dir.resolve("b"), new byte[] {'a', '=', (byte) 0xff});
        assertThatThrownBy(() -> SettingsFile.read(binary, "--config"))
                .hasMessage("--config: " + binary + " is not UTF-8 text");
        Path large = Files.write(dir.resolve("l"), new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> SettingsFile.read(large, "--config")).hasMessageContaining("larger than 1 MiB");
    }
}
