package dev.tramontane.generation.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.MaskWork;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Goes ahead of a guide: as far as a fork comes, it leaves what the guide itself leaves there, and the guide knows nothing of it. */
final class Scout {
    private final Random random;
    private @Nullable Guide ahead;

    /** Places where a fork had come along. */
    int compared;

    Scout(long seed) {
        random = new Random(seed);
    }

    /** The guide's mask at this place. */
    void compare(Guide guide, long[] words) {
        if (ahead != null && !ahead.isFinished()) {
            long[] theirs = new long[words.length];
            if (ahead.mask(theirs, new MaskWork(MaskWork.STEP))) {
                assertThat(theirs).isEqualTo(words);
                assertThat(ahead.isComplete()).isEqualTo(guide.isComplete());
                compared++;
            }
        }
        if (ahead == null || random.nextInt(6) == 0) {
            ahead = guide.fork();
            Guide astray = guide.fork();
            for (int i = 0; astray != null && i < 4; i++) { // What another one does is nothing to the guide.
                astray.accept(random.nextInt(words.length * 64 - 63));
            }
        }
    }

    /** The guide takes it. */
    void take(int token) {
        if (ahead != null && !ahead.accept(token)) {
            ahead = null;
        }
    }
}
