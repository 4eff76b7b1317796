package dev.tramontane.tokenizer;

import dev.tramontane.json.JsonStream;
import dev.tramontane.tokenizer.Vocabulary.Kind;
import dev.tramontane.tokenizer.split.PreTokenizers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Mistral's {@code tekken.json} (mistral-common, {@code tekken.py}): tokens as base64 in the order of their ranks, and
 * special tokens whose ids come before theirs. Of the tokens only as many count as the vocabulary's size leaves.
 */
final class TekkenFile {
    static final String NAME = "tekken.json";

    /** Files of the versions up to v7 need not list their special tokens: they are these, then numbered ones. */
    private static final List<String> FIRST_SPECIALS = List.of(
            "<unk>",
            "<s>",
            "</s>",
            "[INST]",
            "[/INST]",
            "[AVAILABLE_TOOLS]",
            "[/AVAILABLE_TOOLS]",
            "[TOOL_RESULTS]",
            "[/TOOL_RESULTS]",
            "[TOOL_CALLS]",
            "[IMG]",
            "<pad>",
            "[IMG_BREAK]",
            "[IMG_END]",
            "[PREFIX]",
            "[MIDDLE]",
            "[SUFFIX]",
            "[SYSTEM_PROMPT]",
            "[/SYSTEM_PROMPT]",
            "[TOOL_CONTENT]");

    private static final Set<String> VERSIONS_WITHOUT_SPECIALS = Set.of("v1", "v2", "v3", "v7");
    private static final int BYTES = 256;

    private final List<byte[]> tokens = new ArrayList<>(1 << 17);
    private final List<String> specials = new ArrayList<>();
    private boolean hasVocabulary;
    private boolean hasSpecials;
    private boolean hasConfig;
    private String pattern = "";
    private String version = "";
    private int size = -1;
    private int specialCount = -1;

    private TekkenFile() {}

    /** @throws VocabularyException when the file is damaged, contradicts itself or needs what is not known here */
    static Tokenizer tokenizer(byte[] utf8) {
        TekkenFile file = new TekkenFile();
        VocabularyFile.read(utf8, NAME, file::read);
        return file.build();
    }

    private void read(JsonStream json) {
        json.enterObject();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            switch (name) {
                case "config" -> readConfig(json);
                case "vocab" -> readTokens(json);
                case "special_tokens" -> readSpecials(json);
                // Images, audio and settings of the chat layout change no id of a text.
                default -> {}
            }
        }
    }

    private void readConfig(JsonStream json) {
        hasConfig = true;
        json.enterObject();
        for (String name = json.nextName(); name != null; name = json.nextName()) {
            switch (name) {
                case "pattern" -> pattern = json.string();
                case "version" -> version = json.string();
                case "default_vocab_size" -> size = (int) json.integer(1, VocabularyCheck.MOST_TOKENS);
                case "default_num_special_tokens" -> specialCount = (int) json.integer(0, VocabularyCheck.MOST_TOKENS);
                default -> {}
            }
        }
    }

    private void readTokens(JsonStream json) {
        hasVocabulary = true;
        json.enterArray();
        while (json.nextElement()) {
            int rank = -1;
            byte[] bytes = {};
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                switch (name) {
                    case "rank" -> rank = (int) json.integer(0, Integer.MAX_VALUE);
                    case "token_bytes" -> bytes = base64(json);
                    default -> {}
                }
            }
            int place = tokens.size();
            if (rank != place) {
                throw json.fault("vocab[" + place + "] has the rank " + rank + ": ranks must be places, without holes");
            }
            if (place < BYTES ? bytes.length != 1 || (bytes[0] & 0xFF) != place : bytes.length == 0) {
                throw json.fault("vocab[" + place + "] is not "
                        + (place < BYTES
                                ? "the byte " + place + ": the first 256 tokens must be the bytes"
                                : "a token"));
            }
            if (place == VocabularyCheck.MOST_TOKENS) {
                throw json.fault("vocab has more than " + VocabularyCheck.MOST_TOKENS + " tokens");
            }
            tokens.add(bytes);
        }
    }

    private static byte[] base64(JsonStream json) {
        String text = json.string();
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException malformed) {
            throw json.fault(json.path() + " is " + Quoted.of(text) + ", which is not base64");
        }
    }

    private void readSpecials(JsonStream json) {
        if (json.takeNull()) {
            return;
        }
        hasSpecials = true;
        Set<String> seen = new HashSet<>();
        json.enterArray();
        while (json.nextElement()) {
            int rank = -1;
            String spelling = "";
            json.enterObject();
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                switch (name) {
                    case "rank" -> rank = (int) json.integer(0, Integer.MAX_VALUE);
                    case "token_str" -> spelling = json.string();
                    default -> {}
                }
            }
            int place = specials.size();
            if (rank != place) {
                throw json.fault(
                        "special_tokens[" + place + "] has the rank " + rank + ": ranks must be places, without holes");
            }
            if (!seen.add(spelling)) {
                throw json.fault("special_tokens[" + place + "] is " + Quoted.of(spelling) + " for the second time");
            }
            specials.add(spelling);
        }
    }

    private Tokenizer build() {
        if (!hasConfig || !hasVocabulary) {
            throw new VocabularyException(NAME + " has no " + (hasConfig ? "vocab" : "config") + ".");
        }
        if (size < 0 || specialCount < 0) {
            throw new VocabularyException(
                    NAME + ": config has no " + (size < 0 ? "default_vocab_size" : "default_num_special_tokens") + ".");
        }
        int most = tokens.size() + specialCount;
        if (size > most || size < specialCount + BYTES) {
            throw new VocabularyException(NAME + ": config asks for " + size + " ids, but with " + specialCount
                    + " special tokens and " + tokens.size() + " others between " + (specialCount + BYTES) + " and "
                    + most
                    + " are possible.");
        }
        fillSpecials();
        String rule = PreTokenizers.nameOf(pattern);
        if (rule == null) {
            throw new VocabularyException(
                    NAME + " splits text by the expression " + Quoted.of(pattern) + ", which is not known.");
        }
        Vocabulary vocabulary = vocabulary(rule);
        VocabularyCheck.check(vocabulary);
        return ByteLevelBpe.ofRanks(vocabulary, new WordRule(PreTokenizers.required(rule), true));
    }

    private void fillSpecials() {
        if (!hasSpecials) {
            if (!VERSIONS_WITHOUT_SPECIALS.contains(version)) {
                throw new VocabularyException(NAME + " of the version " + Quoted.of(version)
                        + " has no special_tokens; only files up to v7 may leave them out.");
            }
            specials.addAll(FIRST_SPECIALS);
        }
        if (specials.size() > specialCount) {
            throw new VocabularyException(
                    NAME + " has " + specials.size() + " special tokens, but config says " + specialCount + ".");
        }
        for (int id = specials.size(); id < specialCount; id++) {
            specials.add("<SPECIAL_" + id + ">");
        }
    }

    private Vocabulary vocabulary(String rule) {
        List<String> pieces = new ArrayList<>(size);
        pieces.addAll(specials);
        for (byte[] token : tokens.subList(0, size - specialCount)) {
            pieces.add(ByteAlphabet.spell(token));
        }
        int[] types = new int[size];
        Arrays.fill(types, TokenType.NORMAL);
        Arrays.fill(types, 0, specialCount, TokenType.CONTROL);
        OptionalInt bos = special("<s>");
        OptionalInt eos = special("</s>");
        return new Vocabulary(
                Kind.BYTE_LEVEL_BPE,
                rule,
                pieces,
                new float[0],
                types,
                List.of(),
                bos,
                special("<unk>"),
                eos.isPresent() ? Set.of(eos.getAsInt()) : Set.of(),
                bos.isPresent(),
                false);
    }

    private OptionalInt special(String spelling) {
        int id = specials.indexOf(spelling);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
