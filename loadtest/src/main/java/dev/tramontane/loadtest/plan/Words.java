package dev.tramontane.loadtest.plan;

import java.util.SplittableRandom;

/** Texts of so many words, each word short and common enough to be one token of most vocabularies. */
final class Words {
    private static final String[] COMMON =
            ("the of and to in is was he for it with as his on be at by had not are but from or have"
                            + " an they which one you were her all she there would their we him been has when who will more no"
                            + " if out so said what up its about into than them can only other new some could time these two may"
                            + " then do first any my now such like our over man me even most made after also did many before must"
                            + " through back years where much your way well down should because each just those people how too"
                            + " little state good very make world still own see men work long get here between both life being"
                            + " under never day same another know while last might us great old year off come since against go"
                            + " came right used take three wind north cold sea hill road stone river night light house")
                    .split(" ");

    private Words() {}

    /** The same for the same seed; the first words of a longer text are a shorter one. */
    static String text(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder(count * 5);
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(COMMON[random.nextInt(COMMON.length)]);
        }
        return text.toString();
    }
}
