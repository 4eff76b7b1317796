package dev.tramontane.loadtest.run;

import dev.tramontane.loadtest.client.End;
import dev.tramontane.loadtest.client.Exchange;
import dev.tramontane.loadtest.client.Outcome;
import dev.tramontane.loadtest.plan.Ask;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Whether answers under load are what they are without: each that was kept is asked for once more, alone, and compared
 * character by character. Of one whose reader left, what he read has to be the other's beginning.
 *
 * @param checked answers that were compared
 * @param differences one line for each that differs
 * @param unchecked answers that could not be had again, a line for each
 */
public record Verification(int checked, List<String> differences, List<String> unchecked) {
    private static final int MOST_MINUTES = 10;

    /** Nothing was asked to be checked. */
    public static final Verification NONE = new Verification(0, List.of(), List.of());

    public boolean passed() {
        return differences.isEmpty() && unchecked.isEmpty();
    }

    /**
     * Asks for all of them, one after another.
     *
     * @param stopped ends it between two
     */
    public static Verification of(List<Outcome> kept, LoadRun.Loop loop, LongSupplier clock, BooleanSupplier stopped)
            throws InterruptedException {
        List<String> differences = new ArrayList<>();
        List<String> unchecked = new ArrayList<>();
        int checked = 0;
        for (Outcome loaded : kept) {
            if (stopped.getAsBoolean()) {
                unchecked.add("request " + loaded.ask().number() + ": stopped before it");
                continue;
            }
            Outcome alone = alone(loaded.ask().steady(), loop, clock);
            if (alone.end() != End.FINISHED) {
                unchecked.add("request " + loaded.ask().number() + ": " + alone.why());
                continue;
            }
            checked++;
            String difference = difference(loaded, alone);
            if (!difference.isEmpty()) {
                differences.add("request " + loaded.ask().number() + " ("
                        + loaded.ask().behaviour().word() + "): " + difference);
            }
        }
        return new Verification(checked, differences, unchecked);
    }

    /** Sends one request and waits for its end. */
    public static Outcome alone(Ask ask, LoadRun.Loop loop, LongSupplier clock) throws InterruptedException {
        CompletableFuture<Outcome> end = new CompletableFuture<>();
        Exchange exchange = new Exchange(ask, clock.getAsLong(), clock, end::complete);
        loop.context().runOnContext(now -> loop.sender().send(exchange));
        try {
            return end.get(MOST_MINUTES, TimeUnit.MINUTES);
        } catch (TimeoutException silent) {
            loop.context().runOnContext(now -> exchange.abandon());
            throw new IllegalStateException(
                    "the server has not answered one request alone within " + MOST_MINUTES + " minutes", silent);
        } catch (ExecutionException failed) {
            throw new IllegalStateException("a request alone failed", failed);
        }
    }

    /** Where they part; empty where they agree. */
    static String difference(Outcome loaded, Outcome alone) {
        String whole = alone.text();
        if (!whole.startsWith(loaded.earlier())) {
            return "before its reader came again, " + parting(loaded.earlier(), whole);
        }
        if (loaded.end() == End.LEFT ? !whole.startsWith(loaded.text()) : !whole.equals(loaded.text())) {
            return parting(loaded.text(), whole);
        }
        if (loaded.end() == End.FINISHED && loaded.answerTokens() != alone.answerTokens()) {
            return loaded.answerTokens() + " tokens under load and " + alone.answerTokens() + " alone";
        }
        return "";
    }

    private static String parting(String loaded, String alone) {
        int same = 0;
        while (same < loaded.length() && same < alone.length() && loaded.charAt(same) == alone.charAt(same)) {
            same++;
        }
        return "after " + same + " equal characters, under load " + shown(loaded, same) + " and alone "
                + shown(alone, same);
    }

    private static String shown(String text, int from) {
        String next = text.substring(from, Math.min(text.length(), from + 20));
        return next.isEmpty() ? "nothing more" : '"' + next.replaceAll("\\p{Cntrl}", " ") + '"';
    }
}
