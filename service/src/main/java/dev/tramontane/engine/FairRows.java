package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whose prompt is next, where several tenants have one: his for whom fewest rows were computed. Rows are what a step's time
 * goes into, so whoever floods the engine makes another wait for as many rows as the other has, not for all of his own.
 * Whoever comes to others, or wants more again, begins a head start before the least served of them; more time that nobody
 * asked for is not saved up. While he has it his prompt is alone in its steps, with what others decode, and has all of a
 * step's time: so the first token of somebody who asks now and then takes as many steps as if he were alone, but for the
 * rows of those decodes. In the long run all get as many rows, for what is given in advance counts. Engine thread only;
 * no clock.
 */
final class FairRows {
    /** Rows of a head start: a prompt of usual length, some steps' time. */
    static final int HEAD_START = 512;

    private static final class Account {
        final String name;
        long rows;

        /** Where the head start ends: the rows of the others' least served when it came. */
        long ahead;

        /** Whether {@link #rows} means anything yet. */
        boolean known;

        /** The step in which it last had something to compute; long ago at first. */
        long asked = -1;

        Account(String name) {
            this.name = name;
        }
    }

    private static final Comparator<Account> LEAST_FIRST = Comparator.comparingLong(account -> account.rows);

    private final Map<String, Account> accounts = new HashMap<>();
    private final List<Account> asking = new ArrayList<>();
    private long step;

    /** Rows of the least served of those who asked last, as if their head starts were used up. */
    private long least;

    /** Rows before that where newcomers begin: none where they come to nobody. */
    private int headStart;

    /** A step is planned. */
    void begin() {
        if (asking.isEmpty()) { // Nobody wanted anything: nobody is ahead of anybody.
            accounts.clear();
            least = 0;
        }
        headStart = asking.isEmpty() ? 0 : HEAD_START;
        asking.clear();
        step++;
    }

    /** This tenant has something to compute in it. */
    void asks(Tenant tenant) {
        Account account = accounts.computeIfAbsent(tenant.name(), Account::new);
        if (account.asked != step) {
            if (account.asked < step - 1) {
                long begins = least - headStart;
                account.rows = account.known ? Math.max(account.rows, begins) : begins;
                account.known = true;
                account.ahead = least;
            }
            account.asked = step;
            asking.add(account);
        }
    }

    /** How many tenants have. */
    int tenants() {
        return asking.size();
    }

    /** Their names, the least served first; of equals who asked first. */
    List<String> names() {
        asking.sort(LEAST_FIRST);
        return asking.stream().map(account -> account.name).toList();
    }

    /** Whether a tenant who asks has some of his head start left. */
    boolean isAhead(String tenant) {
        Account account = accounts.get(tenant);
        return account != null && account.rows < account.ahead;
    }

    /** So do the guesses that were added to a plan. */
    void guessed(StepPlan plan) {
        for (int i = 0; i < plan.size(); i++) {
            Account account = accounts.get(plan.sequence(i).request.tenant().name());
            if (account != null) {
                account.rows += plan.guesses(i);
            }
        }
        findLeast();
    }

    /** What was planned counts as computed. */
    void planned(StepPlan plan) {
        for (int i = 0; i < plan.size(); i++) {
            Account account = accounts.get(plan.sequence(i).request.tenant().name());
            if (account != null) {
                account.rows += plan.rows(i);
            }
        }
        findLeast();
    }

    private void findLeast() {
        least = Long.MAX_VALUE;
        for (int i = 0; i < asking.size(); i++) {
            Account account = asking.get(i);
            // Another's head start is nobody else's: who comes during one begins where it began, not before it.
            least = Math.min(least, Math.max(account.rows, account.ahead));
        }
        if (asking.isEmpty()) {
            least = 0;
        }
    }
}
