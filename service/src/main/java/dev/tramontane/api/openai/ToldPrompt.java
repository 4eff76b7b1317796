package dev.tramontane.api.openai;

import dev.tramontane.api.openai.PromptEvents.Part;
import dev.tramontane.generation.GenerationEvent;
import dev.tramontane.generation.GenerationEvent.Accepted;
import dev.tramontane.generation.GenerationEvent.Delta;
import dev.tramontane.generation.GenerationEvent.Finished;
import dev.tramontane.generation.GenerationEvent.Scored;
import dev.tramontane.generation.GenerationRequest;
import java.util.ArrayList;
import java.util.List;

/** What has been told of one prompt's answers. One thread at a time. */
final class ToldPrompt {
    private static final int[] UNKNOWN = {};

    private final GenerationRequest request;
    private final boolean keepsText;
    private final List<ToldChoice> choices;
    private int[] ids;
    private String text;

    /** @param keepsText whether the prompt's text is told in the answer */
    ToldPrompt(GenerationRequest request, boolean keepsText) {
        this(request, keepsText, UNKNOWN, "", fresh(request.choices()));
    }

    /** One of which this was told elsewhere. */
    ToldPrompt(GenerationRequest request, boolean keepsText, int[] ids, String text, List<ToldChoice> choices) {
        this.request = request;
        this.keepsText = keepsText;
        this.ids = ids;
        this.text = text;
        this.choices = choices;
    }

    private static List<ToldChoice> fresh(int count) {
        List<ToldChoice> choices = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            choices.add(new ToldChoice());
        }
        return choices;
    }

    GenerationRequest request() {
        return request;
    }

    /** What the prompt became; empty while the engine has not taken it. */
    int[] ids() {
        return ids;
    }

    boolean isAccepted() {
        return ids.length > 0;
    }

    /** The prompt's text where it is told; else empty. */
    String text() {
        return text;
    }

    List<ToldChoice> choices() {
        return choices;
    }

    void see(GenerationEvent event) {
        switch (event) {
            case Accepted accepted -> {
                ids = accepted.promptIds();
                text = keepsText ? accepted.promptText() : "";
            }
            case Scored scored -> {}
            case Delta delta -> choices.get(delta.choice()).add(delta);
            case Finished finished -> choices.get(finished.choice()).end(finished);
        }
    }

    /** Whether the rest can be had of what is known: an answer that tells the prompt's scores first needs them, and they are gone. */
    boolean canGoOn() {
        boolean begun = choices.stream().anyMatch(ToldChoice::hasBegun);
        return request.promptTops() < 0 || !begun || choices.stream().allMatch(ToldChoice::hasBegun);
    }

    /**
     * What is left to generate. Where nothing was told it is all of it, as it was asked; else each answer by itself.
     *
     * @param index of the prompt
     */
    List<Part> rest(int index) {
        if (choices.stream().noneMatch(ToldChoice::hasBegun)) {
            return List.of(new Part(index, request));
        }
        List<Part> rest = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            if (choices.get(i).end() == null) {
                rest.add(new Part(index, request.continuing(choices.get(i).soFar(i))));
            }
        }
        return rest;
    }

    /** Lets a format see what was told, as if it had told it. */
    void replay(int index, AnswerFormat format) {
        if (!isAccepted()) {
            return;
        }
        format.event(index, new Accepted(ids, text));
        for (int i = 0; i < choices.size(); i++) {
            ToldChoice choice = choices.get(i);
            if (choice.hasBegun()) {
                format.event(index, choice.past(i));
            }
            Finished end = choice.end();
            if (end != null) {
                format.event(index, end);
            }
        }
    }
}
