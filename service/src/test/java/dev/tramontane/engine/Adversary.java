package dev.tramontane.engine;

import dev.tramontane.fixtures.FakeReference;
import dev.tramontane.model.ModelGeometry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Guesses as badly as can be for whoever has to take them back: right for a while, then wrong, now and then nothing or an end. */
final class Adversary implements Drafter {
    private record Answer(Submission submission, int choice) {}

    private final ModelGeometry geometry;
    private final int context;
    private final SplittableRandom random;
    private final Map<Answer, List<Integer>> answers = new HashMap<>();

    /** So that a test knows that it tests something. */
    int guessed;

    Adversary(ModelGeometry geometry, int context, long seed) {
        this.geometry = geometry;
        this.context = context;
        random = new SplittableRandom(seed);
    }

    @Override
    public int guess(Sequence sequence, int[] tokens, int most) {
        Submission submission = sequence.request.submission;
        List<Integer> known = answers.computeIfAbsent(
                new Answer(submission, sequence.choice),
                answer -> FakeReference.run(geometry, context, submission, answer.choice)
                        .tokens());
        int count = random.nextInt(most + 1);
        int right = random.nextInt(count + 2);
        for (int i = 0; i < count; i++) {
            int at = sequence.sampled() + i;
            tokens[i] = i < right && at < known.size() ? known.get(at) : random.nextInt(geometry.vocabulary());
        }
        guessed += count;
        return count;
    }
}
