package dev.tramontane.structure;

import java.math.BigDecimal;
import org.apache.lucene.util.automaton.Automaton;

/** Texts of decimal numbers, with or without a sign, that are multiples of one: the remainder is carried from digit to digit. */
final class Multiples {
    /** Of the number, with its last digit taken as the ones: that many remainders are states. */
    static final int MOST = 1000;

    private static final int MOST_DIGITS = 20;

    private Multiples() {}

    static boolean isSupported(BigDecimal of) {
        BigDecimal plain = of.scale() < 0 ? of.setScale(0) : of;
        return plain.scale() <= MOST_DIGITS
                && plain.unscaledValue().bitLength() < 31
                && plain.unscaledValue().intValue() <= MOST;
    }

    static Automaton of(BigDecimal number) {
        BigDecimal plain = number.scale() < 0 ? number.setScale(0) : number;
        int modulus = plain.unscaledValue().intValue();
        int places = plain.scale();
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
}
