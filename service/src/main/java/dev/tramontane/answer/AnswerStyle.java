package dev.tramontane.answer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How a model writes what is not words.
 *
 * @param calls the form of its tool calls, or null: none are looked for
 * @param thoughts the form of its thoughts, or null
 */
public record AnswerStyle(
        @Nullable CallStyle calls, @Nullable ThoughtStyle thoughts) {
    /** Words only. */
    public static final AnswerStyle PLAIN = new AnswerStyle(null, null);

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int MISTRAL_ID = 9;
    private static final int OTHER_ID = 24;

    /**
     * The id of a call whose model wrote none: of Mistral's layouts nine letters and digits, which they insist on, else as
     * OpenAI's. The same for the same call, so that an answer told twice has one.
     *
     * @param answer the answer's id
     */
    public String callId(String answer, int choice, int index) {
        boolean mistral = calls == CallStyle.ARRAY || calls == CallStyle.NAMED;
        byte[] hash = sha256(answer + "/" + choice + "/" + index);
        StringBuilder id = new StringBuilder(mistral ? "" : "call_");
        for (int i = 0; i < (mistral ? MISTRAL_ID : OTHER_ID); i++) {
            id.append(ALPHABET.charAt(Math.floorMod(hash[i], ALPHABET.length())));
        }
        return id.toString();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    /** Whether the form has anything to be told apart. */
    public boolean isPlain() {
        return calls == null && thoughts == null;
    }

    /**
     * A reader of one answer.
     *
     * @param tools those offered; calls are looked for only where there are some
     * @param control whether the vocabulary has a control token of that spelling
     */
    public AnswerReader reader(Tools tools, Predicate<String> control) {
        return new AnswerReader(this, tools, control);
    }
}
