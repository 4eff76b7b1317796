package dev.tramontane.api.ollama;

import dev.tramontane.generation.KeepAlive;
import dev.tramontane.json.JsonFields;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code keep_alive}: a number of seconds, or a time as Go writes it; what is below 0 means for good. */
final class KeepTime {
    private static final String NAME = "keep_alive";

    private static final Pattern DURATION =
            Pattern.compile("([-+]?)(0|([0-9]{1,18}(\\.[0-9]{0,18})?(ns|us|µs|μs|ms|s|m|h)){1,8})");

    private static final Pattern PART = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{0,18})?)(ns|us|µs|μs|ms|s|m|h)");

    private static final Map<String, Long> NANOS = Map.of(
            "ns", 1L,
            "us", 1_000L,
            "µs", 1_000L,
            "μs", 1_000L,
            "ms", 1_000_000L,
            "s", 1_000_000_000L,
            "m", 60_000_000_000L,
            "h", 3_600_000_000_000L);

    private static final BigDecimal SECOND = BigDecimal.valueOf(1_000_000_000L);

    private static final KeepAlive FOR_GOOD = new KeepAlive(Duration.ofMillis(-1));

    private KeepTime() {}

    /** Null where nothing is said. */
    static @Nullable KeepAlive read(JsonFields fields) {
        Object time = fields.value(NAME);
        return switch (time) {
            case null -> null;
            case Long seconds -> of(BigDecimal.valueOf(seconds).multiply(SECOND));
            case Double seconds -> of(BigDecimal.valueOf(seconds).multiply(SECOND));
            case BigInteger seconds -> of(new BigDecimal(seconds).multiply(SECOND));
            case String text when DURATION.matcher(text).matches() -> of(nanos(text));
            default -> throw fields.wrong(NAME, "a number of seconds, or a text such as \"5m\"", time);
        };
    }

    private static BigDecimal nanos(String text) {
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            nanos = nanos.add(
                    new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(NANOS.getOrDefault(part.group(2), 0L))));
        }
        return text.startsWith("-") ? nanos.negate() : nanos;
    }

    /** More than a clock can count is for good, too. */
    private static KeepAlive of(BigDecimal nanos) {
        boolean forGood = nanos.signum() < 0 || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) >= 0;
        return forGood ? FOR_GOOD : new KeepAlive(Duration.ofNanos(nanos.longValue()));
    }
}
