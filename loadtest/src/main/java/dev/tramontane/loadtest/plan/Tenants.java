package dev.tramontane.loadtest.plan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Tenants by their shares. Independent arrivals that are divided by chance are independent arrivals of each tenant. */
public final class Tenants {
    private static final int MOST = 1000;
    private static final long MOST_BYTES = 1 << 20;

    private final List<Tenant> tenants;
    private final double sum;

    private Tenants(List<Tenant> tenants) {
        this.tenants = tenants;
        sum = tenants.stream().mapToDouble(Tenant::share).sum();
    }

    /** One, with the key of an environment variable; empty for none. */
    public static Tenants one(String key) {
        return new Tenants(List.of(new Tenant(Tenant.ANYONE.name(), checked("the variable's key", key), 1)));
    }

    /**
     * Reads a file with a line {@code NAME KEY [SHARE]} for each; empty lines and those that begin with # say nothing.
     *
     * @throws InvalidPlanException names the line, never what stands in it
     */
    public static Tenants read(Path file) {
        List<String> lines;
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new InvalidPlanException("--keys " + file + " is larger than 1 MiB: it is no file of keys");
            }
            lines = Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw new InvalidPlanException("--keys " + file + " cannot be read as UTF-8 text", unreadable);
        }
        List<Tenant> tenants = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            String place = "--keys " + file + ", line " + (i + 1);
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            List<String> words = List.of(line.split("\\s+"));
            String share = words.size() == 3 ? words.get(2) : "1";
            if (words.size() < 2
                    || words.size() > 3
                    || !share.matches("\\d{1,6}(\\.\\d{1,6})?")
                    || Double.parseDouble(share) <= 0) {
                throw new InvalidPlanException(place + ": give NAME KEY, or NAME KEY SHARE with a share above 0");
            }
            if (!names.add(words.getFirst()) || words.getFirst().length() > 64) {
                throw new InvalidPlanException(place + ": each name once, and of 64 characters at most");
            }
            tenants.add(new Tenant(words.getFirst(), checked(place, words.get(1)), Double.parseDouble(share)));
        }
        if (tenants.isEmpty() || tenants.size() > MOST) {
            throw new InvalidPlanException("--keys " + file + " has " + tenants.size() + " keys; give 1 to " + MOST);
        }
        return new Tenants(tenants);
    }

    private static String checked(String place, String key) {
        if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f) || key.length() > 4096) {
            throw new InvalidPlanException(
                    place + ": a key is of printable ASCII without spaces, 4,096 characters at most");
        }
        return key;
    }

    /** Whether requests of more than one are told apart. */
    public boolean several() {
        return tenants.size() > 1;
    }

    /** The first, for what is asked before and after a run. */
    public Tenant first() {
        return tenants.getFirst();
    }

    Tenant draw(RandomGenerator random) {
        double left = random.nextDouble() * sum;
        for (Tenant tenant : tenants) {
            left -= tenant.share();
            if (left < 0) {
                return tenant;
            }
        }
        return tenants.getLast();
    }
}
