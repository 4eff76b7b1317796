package dev.tramontane.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * Who arrives when: a Poisson process whose rate changes with time.
 *
 * @param name for tables and pictures
 * @param hours how long it lasts
 * @param most the highest rate, requests a second
 * @param rate requests a second at a time in seconds
 * @param lengths of prompts and answers
 */
record Workload(String name, double hours, double most, DoubleUnaryOperator rate, Lengths lengths) {
    /** Requests in each minute of the Azure trace's hour, conversation: it rises to twice its mean and falls again. */
    private static final int[] CONVERSATION_MINUTES = {
        191, 265, 329, 353, 307, 273, 268, 261, 322, 298, 301, 302, 345, 326, 283, 279, 280, 308, 343, 351, 351, 343,
                408,
        396, 386, 398, 432, 480, 476, 453, 448, 507, 438, 413, 423, 418, 465, 311, 329, 316, 333, 355, 319, 360, 334,
                375,
        330, 249, 221, 249, 265, 280, 256, 254, 242, 260, 246, 225
    };

    /** The same, code: minutes without a request, and minutes with four times their mean. */
    private static final int[] CODE_MINUTES = {
        63, 0, 0, 531, 187, 130, 15, 42, 38, 476, 421, 63, 0, 0, 632, 299, 0, 20, 396, 315, 116, 78, 306, 447, 252, 34,
                128,
        111, 406, 234, 118, 169, 130, 306, 158, 0, 339, 55, 285, 191, 0, 28, 205, 245, 99, 0, 0, 32, 0, 0, 0, 97, 212,
                22,
        32, 113, 47, 196
    };

    /** A day from a tenth of the peak at five in the morning to the peak in the afternoon, in conversation's lengths. */
    static Workload day(double peak) {
        return new Workload("a day", 24, peak, seconds -> peak * daylight(seconds), Lengths.CONVERSATION);
    }

    /** The same day with Mooncake's long prompts. */
    static Workload longDay(double peak) {
        return new Workload(
                "a day of long prompts", 24, peak, seconds -> peak * daylight(seconds), Lengths.LONG_CONVERSATION);
    }

    /** Azure's hour of conversations, so many times as many, over and over. */
    static Workload conversationHours(double times, int hours) {
        return minutes("hours of conversation", CONVERSATION_MINUTES, times, hours, Lengths.CONVERSATION);
    }

    /** The same for a small model on processors. */
    static Workload processors(double times, int hours) {
        return minutes("conversation on processors", CONVERSATION_MINUTES, times, hours, Lengths.CONVERSATION);
    }

    /** Azure's hour of code, so many times as many, over and over. */
    static Workload codeHours(double times, int hours) {
        return minutes("bursts of code", CODE_MINUTES, times, hours, Lengths.CODE);
    }

    /** Eight quiet hours without anybody, then the day's rise: what scaling from nothing is for. */
    static Workload night(double peak) {
        return new Workload(
                "a night without anybody",
                24,
                peak,
                seconds -> seconds < 8 * 3600 ? 0 : peak * daylight(seconds),
                Lengths.CONVERSATION);
    }

    private static double daylight(double seconds) {
        double turn = 2 * Math.PI * (seconds / 86_400 - 5.0 / 24);
        return 0.1 + 0.9 * (1 - StrictMath.cos(turn)) / 2;
    }

    private static Workload minutes(String name, int[] minutes, double times, int hours, Lengths lengths) {
        double most = 0;
        for (int minute : minutes) {
            most = Math.max(most, minute / 60.0 * times);
        }
        return new Workload(
                name, hours, most, seconds -> minutes[(int) (seconds / 60) % minutes.length] / 60.0 * times, lengths);
    }

    /** All requests, in order of their arrival; the same for the same seed. */
    List<Request> requests(long seed) {
        SplittableRandom chance = new SplittableRandom(seed);
        List<Request> requests = new ArrayList<>();
        double end = hours * 3600;
        for (double at = gap(chance); at < end; at += gap(chance)) {
            if (chance.nextDouble() * most < rate.applyAsDouble(at)) {
                requests.add(new Request(
                        at, lengths.prompt(chance.nextDouble()), lengths.answer(chance.nextDouble()), lengths.limit()));
            }
        }
        return requests;
    }

    private double gap(SplittableRandom chance) {
        return -StrictMath.log(1 - chance.nextDouble()) / most;
    }
}
