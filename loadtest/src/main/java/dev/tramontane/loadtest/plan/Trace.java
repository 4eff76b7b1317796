package dev.tramontane.loadtest.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Requests that once were made, read from a file. */
public final class Trace {
    static final int MOST_TURNS = 100_000;
    private static final int LOOK = 4096;

    private final String name;
    private final List<Turn> turns;

    private Trace(String name, List<Turn> turns) {
        this.name = name;
        this.turns = turns;
    }

    /**
     * Reads a file of either form, which its first bytes tell: an array is conversations like ShareGPT's, an object is
     * the first line of one like Mooncake's. The first {@value #MOST_TURNS} requests are taken.
     */
    public static Trace read(Path file) {
        try {
            byte[] head;
            try (var in = Files.newInputStream(file)) {
                head = in.readNBytes(LOOK);
            }
            int first = 0;
            while (first < head.length
                    && (Character.isWhitespace(head[first]) || ((head[first] & 0xff) >= 0xbb && first < 3))) {
                first++; // White space, and the three bytes of a byte order mark.
            }
            List<Turn> turns = switch (first < head.length ? head[first] : 0) {
                case '[' -> ShareGptFile.read(file, MOST_TURNS);
                case '{' -> MooncakeFile.read(file, MOST_TURNS);
                default ->
                    throw new InvalidPlanException("--trace " + file + " is neither an array of conversations"
                            + " (ShareGPT) nor lines of JSON objects (Mooncake)");
            };
            if (turns.isEmpty()) {
                throw new InvalidPlanException("--trace " + file + " has no request in it");
            }
            return new Trace(file.getFileName().toString(), turns);
        } catch (IOException unreadable) {
            throw new InvalidPlanException("--trace " + file + " cannot be read", unreadable);
        }
    }

    public int size() {
        return turns.size();
    }

    /** Its requests in turn, again from the first after the last. */
    public Workload.Source source() {
        return (number, random) -> turns.get((int) (number % turns.size()));
    }

    /**
     * Its own times.
     *
     * @param speed 2 for twice as fast
     * @throws InvalidPlanException when it has none
     */
    public Arrivals arrivals(double speed) {
        if (turns.getFirst().atMillis() == Turn.NO_TIME) {
            throw new InvalidPlanException("--arrivals trace needs a trace with times, and " + name
                    + " has none: give --arrivals poisson --rate R");
        }
        return new Arrivals() {
            private int place;

            @Override
            public long next() {
                if (place == turns.size()) {
                    return Long.MAX_VALUE;
                }
                long since = turns.get(place++).atMillis() - turns.getFirst().atMillis();
                return (long) (since * 1e6 / speed);
            }
        };
    }

    @Override
    public String toString() {
        return name + ", " + turns.size() + " requests";
    }
}
