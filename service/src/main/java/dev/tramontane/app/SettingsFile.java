package dev.tramontane.app;

import dev.tramontane.json.Nearest;
import dev.tramontane.weights.IoReason;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Properties;

/** The file of {@code --config}: Java properties in UTF-8, a line per setting, the keys being the flags' names. */
final class SettingsFile {
    /** No settings file is larger; a device or a model given by mistake is not read. */
    private static final long MAX_BYTES = 1 << 20;

    private SettingsFile() {}

    /**
     * @param name how the user gave it ("--config" or a variable), for messages
     * @throws UsageException when it cannot be read, or names what is no setting, or names one twice
     */
    static Map<Setting, String> read(Path file, String name) {
        Once properties = new Once();
        try {
            if (!Files.isRegularFile(file)) {
                throw new UsageException(
                        name + ": " + file + (Files.exists(file) ? " is not a regular file" : " does not exist"));
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new UsageException(name + ": " + file + " is larger than 1 MiB, which no settings file is");
            }
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            }
        } catch (NoSuchFileException gone) {
            throw new UsageException(name + ": " + file + " does not exist", gone);
        } catch (CharacterCodingException malformed) {
            throw new UsageException(name + ": " + file + " is not UTF-8 text", malformed);
        } catch (IOException unreadable) {
            throw new UsageException(name + ": cannot read " + file + ": " + IoReason.of(unreadable), unreadable);
        } catch (IllegalArgumentException wrong) {
            throw new UsageException(name + ": " + file + ": " + wrong.getMessage(), wrong);
        }
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        for (String key : properties.stringPropertyNames()) {
            Setting setting = Setting.ofKey(key)
                    .orElseThrow(() -> new UsageException(name + ": " + file + ": there is no setting called " + key
                            + Nearest.suggestion(key, Setting.spelled(Setting::key))));
            values.put(setting, properties.getProperty(key));
        }
        return values;
    }

    /** Properties that refuse a key's second appearance, where the JDK's would let the last one win in silence. */
    private static final class Once extends Properties {
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized Object put(Object key, Object value) {
            if (containsKey(key)) {
                throw new IllegalArgumentException("the setting " + key + " is there twice");
            }
            return super.put(key, value);
        }
    }
}
