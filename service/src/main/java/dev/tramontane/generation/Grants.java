package dev.tramontane.generation;

import dev.tramontane.generation.Choice.Standing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tokens that the engine was asked for and has not drawn yet: of a stream's choices each has the same. The drain's alone. */
final class Grants {
    private final List<Choice> choices;
    private int open;
    private int next;

    Grants(List<Choice> choices) {
        this.choices = choices;
    }

    /** Tokens that are on their way. */
    int open() {
        return open;
    }

    /** One of them has come. */
    void came(Choice choice) {
        if (choice.granted > 0) {
            choice.granted--;
            open--;
        }
    }

    /** None of the choice's comes any more. */
    void dropped(Choice choice) {
        open -= choice.granted;
        choice.granted = 0;
    }

    /** Asks for so many more; for none before half of those that were asked for have come, so that not every token is a word. */
    void ask(long free, Handles handles) {
        if (free < Math.max(1, open)) {
            return;
        }
        int[] shares = new int[choices.size()];
        for (long left = free; left > 0; left--) {
            Choice poorest = poorest();
            if (poorest == null) {
                break; // All have stopped or wait for a place; their ends or beginnings are on the way.
            }
            poorest.granted++;
            open++;
            shares[poorest.place()]++;
            next = (poorest.place() + 1) % shares.length;
        }
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] > 0) {
                handles.of(choices.get(i)).request(shares[i]);
            }
        }
    }

    private @Nullable Choice poorest() {
        Choice poorest = null;
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get((next + i) % choices.size());
            if (choice.standing == Standing.TAKEN
                    && !choice.finished
                    && !choice.stopped()
                    && (poorest == null || choice.granted < poorest.granted)) {
                poorest = choice;
            }
        }
        return poorest;
    }
}
