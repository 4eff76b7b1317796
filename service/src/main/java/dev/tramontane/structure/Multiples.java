package dev.tramontane.structure;

import java.math.BigDecimal;
import org.apache.lucene.util.automaton.Automaton;

/** Texts of decimal numbers, with or without a sign, that are multiples of one: the remainder is carried from digit to digit. */
final class Multiples {
    /** Of the number, with its last digit that isn't 0 taken as the ones: that many remainders are states. */
    static final int MOST = 1000;

    private static final int MOST_DIGITS = 20;

    private Multiples() {}

    /** @param of without zeros at its end */
    static boolean isSupported(BigDecimal of) {
        return Math.abs(of.scale()) <= MOST_DIGITS
                && of.unscaledValue().bitLength() < 31
                && of.unscaledValue().intValue() <= MOST;
    }

    /** @param number without zeros at its end */
    static Automaton of(BigDecimal number) {
        int modulus = number.unscaledValue().intValue();
        if (number.scale() < 0) {
            return ofWhole(modulus, -number.scale());
        }
        int places = number.scale();
        Automaton.Builder made = new Automaton.Builder();
        // First the beginning and the sign, then a row of remainders before the point and one after each place behind
        // it.
        int begin = made.createState();
        int signed = made.createState();
        int[] rows = new int[places + 2];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = made.getNumStates();
            for (int each = 0; each < modulus; each++) {
                made.createState();
            }
        }
        int[] power = new int[places + 1];
        power[places] = 1 % modulus;
        for (int place = places - 1; place >= 0; place--) {
            power[place] = power[place + 1] * 10 % modulus;
        }
        made.addTransition(begin, signed, '-');
        for (int remainder = 0; remainder < modulus; remainder++) {
            for (int digit = 0; digit < 10; digit++) {
                int next = (remainder * 10 + digit) % modulus;
                if (remainder == 0) {
                    made.addTransition(begin, rows[0] + next, '0' + digit);
                    made.addTransition(signed, rows[0] + next, '0' + digit);
                }
                made.addTransition(rows[0] + remainder, rows[0] + next, '0' + digit);
                for (int place = 1; place <= places; place++) {
                    made.addTransition(rows[place] + remainder, rows[place + 1] + next, '0' + digit);
                }
            }
            made.setAccept(rows[0] + remainder, remainder * power[0] % modulus == 0);
            made.addTransition(rows[0] + remainder, rows[1] + remainder, '.');
            for (int place = 1; place <= places; place++) {
                made.setAccept(rows[place + 1] + remainder, remainder * power[place] % modulus == 0);
            }
        }
        // Behind the last place only zeros.
        made.addTransition(rows[places + 1], rows[places + 1], '0');
        made.setAccept(rows[places + 1], true);
        return made.finish();
    }

    /** Of a number with zeros at its end: behind a multiple of what stands before them as many zeros, or nothing but one zero. */
    private static Automaton ofWhole(int modulus, int zeros) {
        Automaton.Builder made = new Automaton.Builder();
        int begin = made.createState();
        int signed = made.createState();
        int point = made.createState();
        int fraction = made.createState();
        int nothing = made.createState();
        int first = made.getNumStates();
        for (int each = 0; each < modulus + zeros; each++) {
            made.createState();
        }
        made.addTransition(begin, signed, '-');
        for (int from : new int[] {begin, signed}) {
            made.addTransition(from, nothing, '0');
            for (int digit = 1; digit < 10; digit++) {
                made.addTransition(from, first + digit % modulus, '0' + digit);
            }
        }
        for (int remainder = 0; remainder < modulus; remainder++) {
            for (int digit = 0; digit < 10; digit++) {
                made.addTransition(first + remainder, first + (remainder * 10 + digit) % modulus, '0' + digit);
            }
        }
        int before = first;
        for (int zero = 0; zero < zeros; zero++) {
            made.addTransition(before, first + modulus + zero, '0');
            before = first + modulus + zero;
        }
        for (int whole : new int[] {nothing, before}) {
            made.setAccept(whole, true);
            made.addTransition(whole, point, '.');
        }
        made.addTransition(point, fraction, '0');
        made.addTransition(fraction, fraction, '0');
        made.setAccept(fraction, true);
        return made.finish();
    }
}
