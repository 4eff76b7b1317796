package dev.tramontane.generation.guide;

import dev.tramontane.engine.Guide;
import dev.tramontane.engine.GuideException;
import dev.tramontane.engine.MaskWork;
import dev.tramontane.structure.Matcher;
import dev.tramontane.structure.WorkExceededException;

/** A {@link Matcher} as the engine asks it: what takes long is done piece by piece, so that no step waits for it. */
public final class StructureGuide implements Guide {
    /** Steps that one mask may take in which it has all the work that one may have. What was found out is kept, so that each gets further. */
    private static final int PATIENCE = 32;

    private final Matcher matcher;

    /** Moves that one token may take. */
    private final int moves;

    private int tried;

    public StructureGuide(Matcher matcher) {
        this(matcher, MaskWork.MASK);
    }

    private StructureGuide(Matcher matcher, int moves) {
        this.matcher = matcher;
        this.moves = moves;
    }

    @Override
    public boolean mask(long[] words, MaskWork work) {
        int most = work.left();
        try {
            work.spend(matcher.mask(words, most));
            tried = 0;
            return true;
        } catch (WorkExceededException more) {
            work.spend(most);
            tried += most < MaskWork.MASK ? 0 : 1;
            if (tried < PATIENCE) {
                return false;
            }
            throw tooMuch(more);
        }
    }

    @Override
    public boolean accept(int token) {
        try {
            return matcher.accept(token, moves);
        } catch (WorkExceededException tooMuch) {
            throw tooMuch(tooMuch);
        }
    }

    /** Tokens that are only guessed may take less work, since there are several of them. */
    @Override
    public Guide fork() {
        return new StructureGuide(matcher.fork(), MaskWork.MASK / 16);
    }

    private static GuideException tooMuch(WorkExceededException why) {
        return new GuideException("the answer cannot be held to the form that was asked for: " + why.getMessage());
    }

    @Override
    public boolean isComplete() {
        return matcher.isComplete();
    }

    @Override
    public boolean isFinished() {
        return matcher.isFinished();
    }
}
