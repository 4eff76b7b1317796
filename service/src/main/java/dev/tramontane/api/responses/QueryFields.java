package dev.tramontane.api.responses;

import dev.tramontane.api.ApiException;
import dev.tramontane.json.Printable;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.RoutingContext;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields of a query, each taken by name; what nobody takes is refused. One request, its event loop. */
final class QueryFields {
    private static final int SHOWN = 60;
    private static final int DIGITS = 19;

    private final MultiMap query;
    private final Set<String> taken = new HashSet<>();

    QueryFields(RoutingContext context) {
        query = context.queryParams();
    }

    /** Null when it is not there or empty. */
    @Nullable
    String text(String name) {
        taken.add(name);
        List<String> values = query.getAll(name);
        if (values.size() > 1) {
            throw ApiException.field(name, name + " comes twice");
        }
        return values.isEmpty() || values.getFirst().isEmpty() ? null : values.getFirst();
    }

    boolean flag(String name, boolean otherwise) {
        String value = text(name);
        return switch (value) {
            case null -> otherwise;
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(name, "true or false", value);
        };
    }

    long integer(String name, long otherwise, long min, long max) {
        String value = text(name);
        return value == null ? otherwise : integer(name, value, min, max);
    }

    /** A whole number in decimal digits. */
    static long integer(String name, String value, long min, long max) {
        boolean digits =
                value.length() <= DIGITS && !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
        if (digits) {
            try {
                long number = Long.parseLong(value);
                if (number >= min && number <= max) {
                    return number;
                }
            } catch (NumberFormatException tooLarge) {
                throw wrong(name, "a whole number from " + min + " to " + max, value);
            }
        }
        throw wrong(name, "a whole number from " + min + " to " + max, value);
    }

    /** May have any value, also as a list, and changes nothing here. */
    void harmless(String... names) {
        for (String name : names) {
            taken.add(name);
            taken.add(name + "[]");
        }
    }

    /** Refuses what nobody took. */
    void end() {
        for (String name : query.names()) {
            if (!taken.contains(name)) {
                throw ApiException.field(
                        Printable.of(name, SHOWN), "unknown query parameter " + Printable.of(name, SHOWN));
            }
        }
    }

    static ApiException wrong(String name, String wanted, String given) {
        return ApiException.field(name, name + " must be " + wanted + ", got \"" + Printable.of(given, SHOWN) + "\"");
    }
}
