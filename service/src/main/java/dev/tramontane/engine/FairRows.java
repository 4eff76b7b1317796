package dev.tramontane.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whose prompt is next, where several tenants have one: his for whom fewest rows were computed. Rows are what a step's time
 * goes into, so whoever floods the engine makes another wait for as many rows as the other has, not for all of his own.
 * Whoever comes, or wants more again, begins where the least served of the others is: time that nobody asked for is not
 * saved up. Engine thread only; no clock.
 */
final class FairRows {
    private static final class Account {
        final String name;
        long rows;

        /** The step in which it last had something to compute. */
        long asked;

        Account(String name) {
            this.name = name;
        }
    }

    private static final Comparator<Account> LEAST_FIRST = Comparator.comparingLong(account -> account.rows);

    private final Map<String, Account> accounts = new HashMap<>();
    private final List<Account> asking = new ArrayList<>();
    private long step;

    /** Rows of the least served of those who asked last. */
    private long least;

    /** A step is planned. */
    void begin() {
        if (asking.isEmpty()) { // Nobody wanted anything: nobody is ahead of anybody.
            accounts.clear();
            least = 0;
        }
        asking.clear();
        step++;
    }

    /** This tenant has something to compute in it. */
    void asks(Tenant tenant) {
        Account account = accounts.computeIfAbsent(tenant.name(), Account::new);
        if (account.asked != step) {
            account.asked = step;
            account.rows = Math.max(account.rows, least);
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

    /** What was planned counts as computed. */
    void planned(StepPlan plan) {
        for (int i = 0; i < plan.size(); i++) {
            Account account = accounts.get(plan.sequence(i).request.tenant().name());
            if (account != null) {
                account.rows += plan.rows(i);
            }
        }
        least = Long.MAX_VALUE;
        for (int i = 0; i < asking.size(); i++) {
            least = Math.min(least, asking.get(i).rows);
        }
        if (asking.isEmpty()) {
            least = 0;
        }
    }
}
