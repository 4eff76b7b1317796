package dev.tramontane.chat;

import java.util.Locale;

/** What of a conversation a template's text shows. */
final class ProbeSight {

    /** What came of a probe. */
    private enum Sight {
        SHOWN,
        DROPPED,
        FAILED
    }

    private final TemplateProbes.Renderer renderer;
    private String failure = "";

    ProbeSight(TemplateProbes.Renderer renderer) {
        this.renderer = renderer;
    }

    /** Why the template failed the last time it did; empty where it never has. */
    String failure() {
        return failure;
    }

    boolean shows(Conversation conversation, String... words) {
        return sight(conversation, words) == Sight.SHOWN;
    }

    boolean drops(Conversation conversation, String... words) {
        return sight(conversation, words) == Sight.DROPPED;
    }

    boolean failsOn(Conversation conversation) {
        return sight(conversation) == Sight.FAILED;
    }

    /** Whether the text holds these words in this order, whatever their case. */
    private Sight sight(Conversation conversation, String... words) {
        String text;
        try {
            text = renderer.render(conversation).toLowerCase(Locale.ROOT);
        } catch (ChatLayoutException failed) {
            failure = String.valueOf(failed.getMessage());
            return Sight.FAILED;
        }
        int at = 0;
        for (String word : words) {
            at = text.indexOf(word.toLowerCase(Locale.ROOT), at);
            if (at < 0) {
                return Sight.DROPPED;
            }
        }
        return text.contains(ProbeTalks.LEAK.toLowerCase(Locale.ROOT)) ? Sight.DROPPED : Sight.SHOWN;
    }

    /** The text, or nothing where there is none. */
    String text(Conversation conversation) {
        try {
            return renderer.render(conversation);
        } catch (ChatLayoutException failed) {
            return "";
        }
    }
}
