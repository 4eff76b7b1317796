package dev.tramontane.source;

import static dev.tramontane.weights.ModelFileException.quoted;

import dev.tramontane.weights.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The chat template among a directory's files, and the special tokens that templates name. */
final class ChatFiles {
    private static final String TEMPLATE = "chat_template.jinja";
    static final String SYSTEM_PROMPT = "SYSTEM_PROMPT.txt";
    private static final String TEMPLATE_KEY = "chat_template";

    private final ModelDirectory directory;

    ChatFiles(ModelDirectory directory) {
        this.directory = directory;
    }

    /**
     * The template: a file of its own wins over {@code chat_template.json} and {@code tokenizer_config.json}, as in
     * transformers.
     */
    Optional<String> template() {
        if (directory.has(TEMPLATE)) {
            return Optional.of(text(TEMPLATE));
        }
        return directory
                .tokenizerConfig("chat_template.json")
                .flatMap(ChatFiles::template)
                .or(() -> directory.tokenizerConfig(TokenizerFiles.CONFIG).flatMap(ChatFiles::template));
    }

    /** The system prompt that Mistral publishes beside some of its models. */
    Optional<String> systemPrompt() {
        return directory.has(SYSTEM_PROMPT) ? Optional.of(text(SYSTEM_PROMPT)) : Optional.empty();
    }

    private String text(String name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(directory.template(name)))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw ModelFileException.in(directory.resolve(name).toString(), "the file is not valid UTF-8")
                    .cause(malformed)
                    .advice("download the file again");
        }
    }

    /** A template, or a list of them by name, of which the one called default is meant for chats. */
    private static Optional<String> template(JsonParameters config) {
        if (!config.isList(TEMPLATE_KEY)) {
            return config.findString(TEMPLATE_KEY);
        }
        for (Object each : config.list(TEMPLATE_KEY).orElseThrow()) {
            if (!(each instanceof Map<?, ?> named)
                    || !(named.get("name") instanceof String name)
                    || !(named.get("template") instanceof String template)) {
                throw config.wrong(TEMPLATE_KEY, each, "a template, or a list of {name, template}");
            }
            if (name.equals("default")) {
                return Optional.of(template);
            }
        }
        throw config.fault(TEMPLATE_KEY, "no template called " + quoted("default"), "one of that name");
    }

    /** Special tokens by the names that templates use ("bos_token", "eos_token", ...). */
    Map<String, String> specials() {
        Map<String, String> specials = new LinkedHashMap<>();
        // What the tokenizer's configuration says wins over the older file.
        directory.tokenizerConfig("special_tokens_map.json").ifPresent(file -> collect(file, specials));
        directory.tokenizerConfig(TokenizerFiles.CONFIG).ifPresent(file -> collect(file, specials));
        return specials;
    }

    private static void collect(JsonParameters file, Map<String, String> specials) {
        for (String key : file.entries().keySet()) {
            Object value = file.entries().get(key);
            if (!key.endsWith("_token") || value instanceof Boolean || value == null) {
                continue; // add_bos_token and the like, and tokens that there are not
            }
            Object spelling = value instanceof Map<?, ?> token ? token.get("content") : value;
            if (!(spelling instanceof String text)) {
                throw file.wrong(key, value, "a string, or an object with its content");
            }
            specials.put(key, text);
        }
    }
}
