package dev.tramontane.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The generations of Mistral's chat layout, as mistral-common numbers them. Versions with and without tekken lay out
 * alike; their names tell which vocabulary they came with.
 */
public enum MistralVersion {
    /** 7B v0.1 and v0.2, Mixtral 8x7B: {@code [INST]} is plain text; no tools. */
    V1("v1", 1, false),
    V2("v2", 2, false),
    /** 7B v0.3, Mixtral 8x22B. */
    V3("v3", 3, false),
    /** Nemo, Ministral, Pixtral. */
    V3_TEKKEN("v3-tekken", 3, true),
    /** Large 2411: a system prompt of its own. */
    V7("v7", 7, false),
    /** Small 2501. */
    V7_TEKKEN("v7-tekken", 7, true),
    /** Small 3.2, Devstral: one control token per tool call. */
    V11("v11", 11, true),
    /** Call ids are not shown to the model; tools stand before the first user message. */
    V13("v13", 13, true),
    /** Settings that the tokenizer's file describes stand before the first user message ({@link MistralSettings}). */
    V15("v15", 15, true);

    private static final String SENTENCE_PIECE = ".model";
    private static final String IMAGES = "m1";

    private final String label;
    private final int number;
    private final boolean tekken;

    MistralVersion(String label, int number, boolean tekken) {
        this.label = label;
        this.number = number;
        this.tekken = tekken;
    }

    /** "v3-tekken": what people call it. */
    public String label() {
        return label;
    }

    /** Whether this is that generation or a later one. */
    boolean since(int generation) {
        return number >= generation;
    }

    /** Whether its chats begin with settings, without whose description they can't be laid out. */
    public boolean hasSettings() {
        return since(15);
    }

    /** Whether its chats have a place for thoughts, where the vocabulary has {@link #thoughtTokens}. */
    public boolean hasThoughts() {
        return since(13);
    }

    /** The control tokens around a thought. */
    public static List<String> thoughtTokens() {
        return List.of(MistralToken.THINK, MistralToken.THINK_END);
    }

    /** What joins the texts of a message's parts. */
    String partJoint() {
        return since(15) ? "" : MistralTurn.JOINT;
    }

    /**
     * The version of a SentencePiece file, by its name alone, as mistral-common reads it: {@code tokenizer.model} is v1,
     * {@code tokenizer.model.v3} says its own; {@code m1} behind the number stands for images, which change nothing about
     * texts.
     *
     * @param fileName the last part of the path
     * @throws ChatLayoutException when the name ends in no version known here
     */
    public static MistralVersion ofFile(String fileName) {
        if (fileName.endsWith(SENTENCE_PIECE)) {
            return V1;
        }
        int at = fileName.lastIndexOf(SENTENCE_PIECE + ".");
        String suffix = at < 0 ? "" : fileName.substring(at + SENTENCE_PIECE.length() + 1);
        String version = suffix.endsWith(IMAGES) ? suffix.substring(0, suffix.length() - IMAGES.length()) : suffix;
        return find(version, false)
                .orElseThrow(() -> new ChatLayoutException("The name of the tokenizer file, " + fileName
                        + ", ends in no version of Mistral's layouts known here: .model, or .model. followed by "
                        + known(false) + ", possibly with " + IMAGES + " for images."));
    }

    /**
     * The version of a {@code tekken.json}.
     *
     * @param version its {@code config.version}
     * @throws ChatLayoutException when it is none known here
     */
    public static MistralVersion ofTekken(String version) {
        return find(version, true)
                .orElseThrow(() -> new ChatLayoutException("tekken.json is of version " + shortened(version)
                        + ", which is none of the versions of Mistral's layouts known here: " + known(true) + "."));
    }

    private static Optional<MistralVersion> find(String version, boolean tekken) {
        return Arrays.stream(values())
                .filter(each -> each.tekken == tekken && version.equals("v" + each.number))
                .findFirst();
    }

    private static String known(boolean tekken) {
        return Arrays.stream(values())
                .filter(each -> each.tekken == tekken)
                .map(each -> "v" + each.number)
                .collect(Collectors.joining(", "));
    }

    private static String shortened(String version) {
        return version.length() <= 20 ? version : version.substring(0, 20) + "…";
    }

    /** The control tokens that its layout writes; a vocabulary that lacks one cannot be laid out for. */
    public List<String> controlTokens() {
        List<String> tokens = new ArrayList<>(List.of(MistralToken.BOS, MistralToken.EOS));
        if (since(2)) {
            tokens.addAll(List.of(
                    MistralToken.INST,
                    MistralToken.INST_END,
                    MistralToken.TOOLS,
                    MistralToken.TOOLS_END,
                    MistralToken.RESULTS,
                    MistralToken.RESULTS_END,
                    MistralToken.CALLS));
        }
        if (since(7)) {
            tokens.addAll(List.of(MistralToken.SYSTEM, MistralToken.SYSTEM_END));
        }
        if (since(7) && !since(13)) {
            tokens.add(MistralToken.RESULT_CONTENT);
        }
        if (since(11)) {
            tokens.add(MistralToken.ARGUMENTS);
        }
        if (number == 11) {
            tokens.add(MistralToken.CALL_ID);
        }
        if (hasSettings()) {
            tokens.addAll(List.of(MistralToken.SETTINGS, MistralToken.SETTINGS_END));
        }
        return List.copyOf(tokens);
    }

    /** "mistral-v3-tekken": the layout's name on the command line. */
    public String layoutName() {
        return "mistral-" + label;
    }
}
