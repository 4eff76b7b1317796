package dev.tramontane.tokenizer.split;

/** One step of a series: cuts out the runs of some code points, each in stretches of at most so many, and what lies between. */
final class RunScanner extends Scanner {
    private final int classes;
    private final String characters;
    private final int length;

    /**
     * {@code [classes characters]+}, or with a length {@code [classes characters]{length}}.
     *
     * @param length code points in a stretch, 0 for whole runs; shorter ends of runs stay with what follows
     */
    RunScanner(int classes, String characters, int length) {
        this.classes = classes;
        this.characters = characters;
        this.length = length;
    }

    @Override
    int end(String text, int at, int to) {
        int end = matchEnd(text, at, to);
        if (end > at) {
            return end;
        }
        int i = at;
        do {
            i = after(text, i);
        } while (i < to && matchEnd(text, i, to) == i);
        return i;
    }

    private int matchEnd(String text, int at, int to) {
        int i = at;
        int count = 0;
        while (i < to && (length == 0 || count < length) && contains(text, i, to)) {
            i = after(text, i);
            count++;
        }
        return count >= Math.max(length, 1) ? i : at;
    }

    private boolean contains(String text, int at, int to) {
        return (classesAt(text, at, to) & classes) != 0 || characters.indexOf(text.charAt(at)) >= 0;
    }
}
