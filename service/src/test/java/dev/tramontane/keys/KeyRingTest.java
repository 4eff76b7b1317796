package dev.tramontane.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KeyRingTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(-5);
    private final String key = SecretKey.make(new SecureRandom());
    private final String other = SecretKey.make(new SecureRandom());

    private static KeyEntry entry(String name, String key, KeyLimits limits) {
        return new KeyEntry(name, SecretKey.hash(key), limits);
    }

    private KeyRing ring(KeyEntry... entries) {
        return new KeyRing(List.of(entries), clock::get);
    }

    private static KeyHolder holder(KeyRing ring, String key) {
        return Objects.requireNonNull(ring.find(key)).holder();
    }

    @Test
    void aKeyIs256BitsAndATokenOfHttp() {
        assertThat(key).matches("sk-tm-[A-Za-z0-9_-]{43}").isNotEqualTo(other);
        assertThat(SecretKey.hash("sk-tm-")).hasSize(32);
    }

    @Test
    void onlyListedKeysAreFound() {
        KeyRing ring = ring(entry("a", key, KeyLimits.NONE));
        assertThat(holder(ring, key).name()).isEqualTo("a");
        assertThatObject(ring.find(other)).isNull();
        for (String wrong : List.of("", key + " ", key.substring(1), key.toUpperCase(java.util.Locale.ROOT), "a")) {
            assertThatObject(ring.find(wrong)).as(wrong).isNull();
        }
    }

    /** A word that could be guessed is no key, also where somebody listed its hash. */
    @Test
    void aGuessableWordIsNoKey() {
        assertThatObject(ring(entry("a", "secret", KeyLimits.NONE)).find("secret"))
                .isNull();
    }

    @Test
    void whatIsTakenAwayIsNotValidAnyMore() {
        KeyRing ring = ring(entry("a", key, KeyLimits.NONE), entry("a", other, KeyLimits.NONE));
        Credential shown = Objects.requireNonNull(ring.find(key));
        assertThat(ring.isValid(shown)).isTrue();
        ring.replace(List.of(entry("a", other, KeyLimits.NONE)));
        assertThat(ring.isValid(shown)).isFalse();
        assertThatObject(ring.find(key)).isNull();
        assertThatObject(holder(ring, other)).as("the name stays").isSameAs(shown.holder());
        ring.replace(List.of(entry("b", key, KeyLimits.NONE)));
        assertThat(ring.isValid(shown)).as("it is somebody else's").isFalse();
    }

    @Test
    void twoKeysOfOneNameShareItsLimits() {
        KeyLimits two = new KeyLimits(2, 0, 0, 0);
        KeyRing ring = ring(entry("a", key, two), entry("a", other, two));
        assertThat(holder(ring, key).takeRequest()).isTrue();
        assertThat(holder(ring, other).takeRequest()).isTrue();
        assertThat(holder(ring, key).takeRequest()).isFalse();
    }

    @Test
    void aShareIsHalfUnlessOneIsAloneOrTheFileSays() {
        assertThat(holder(ring(entry("a", key, KeyLimits.NONE)), key).limits().sharePercent())
                .isEqualTo(100);
        KeyRing two = ring(entry("a", key, KeyLimits.NONE), entry("b", other, new KeyLimits(0, 0, 0, 80)));
        assertThat(holder(two, key).limits().sharePercent()).isEqualTo(50);
        assertThat(holder(two, other).limits().sharePercent()).isEqualTo(80);
    }

    @Test
    void requestsComeBackEvenly() {
        KeyHolder holder = holder(ring(entry("a", key, new KeyLimits(60, 0, 0, 0))), key);
        for (int i = 0; i < 60; i++) {
            assertThat(holder.takeRequest()).isTrue();
        }
        assertThat(holder.takeRequest()).isFalse();
        assertThat(holder.requestQuota()).isEqualTo(new Quota(60, 0, 60 * SECOND, SECOND));
        clock.addAndGet(SECOND);
        assertThat(holder.takeRequest()).isTrue();
        assertThat(holder.takeRequest()).isFalse();
        clock.addAndGet(3600 * SECOND);
        assertThat(holder.requestQuota()).isEqualTo(new Quota(60, 60, 0, 0));
    }

    /** How long an answer gets is known only when it has ended: what was too much is made up for. */
    @Test
    void tokensMayBeOverdrawnOnce() {
        KeyHolder holder = holder(ring(entry("a", key, new KeyLimits(0, 600, 0, 0))), key);
        holder.spend(599);
        assertThat(holder.hasTokens()).isTrue();
        holder.spend(601);
        assertThat(holder.hasTokens()).isFalse();
        assertThat(holder.tokenQuota().nextNanos()).isEqualTo(601 * SECOND / 10);
        clock.addAndGet(60 * SECOND);
        assertThat(holder.hasTokens()).isFalse();
        clock.addAndGet(SECOND);
        assertThat(holder.hasTokens()).isTrue();
    }

    @Test
    void aNewListKeepsWhatWasUsed() {
        KeyRing ring = ring(entry("a", key, new KeyLimits(2, 0, 1, 0)));
        KeyHolder holder = holder(ring, key);
        holder.takeRequest();
        assertThat(holder.beginStream()).isTrue();
        ring.replace(List.of(entry("a", other, new KeyLimits(3, 0, 2, 0))));
        KeyHolder after = holder(ring, other);
        assertThat(after.requestQuota().remaining()).isEqualTo(2);
        assertThat(after.beginStream()).isTrue();
        assertThat(after.beginStream()).isFalse();
        after.endStream();
        assertThat(after.beginStream()).isTrue();
    }
}
