package dev.tramontane.app;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How an adapter is named: NAME, or MODEL:NAME. No name of an adapter has a colon, so the last one of the text ends the model's name,
 * which may have others.
 *
 * @param model empty where none is told
 */
record LoraName(Optional<String> model, String name) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._/-]{1,128}");

    static LoraName of(String text) {
        int colon = text.lastIndexOf(':');
        return colon < 0
                ? new LoraName(Optional.empty(), text)
                : new LoraName(Optional.of(text.substring(0, colon)), text.substring(colon + 1));
    }

    /** Whether an adapter may be called so. */
    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** With its model. */
    static String full(String model, String name) {
        return model + ":" + name;
    }

    /** Whether it may be an adapter of that model. */
    boolean isOf(String served) {
        return model.isEmpty() || model.get().equals(served);
    }
}
