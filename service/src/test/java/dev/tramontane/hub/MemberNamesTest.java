package dev.tramontane.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tramontane.hub.HubException.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names that are one file on some disk. */
class MemberNamesTest {
    private final MemberNames names = new MemberNames(why -> new HubException(Kind.WRONG, why));

    /** The long s, the sharp s, small and capital, the Kelvin sign, the final sigma, and an accent in two ways. */
    @ParameterizedTest
    @CsvSource({
        "a.gguf, A.GGUF",
        "\u017f.gguf, S.gguf",
        "stra\u00dfe, STRASSE",
        "STRA\u1e9eE, strasse",
        "stra\u00dfe, stra\u1e9ee",
        "\u212a, k",
        "\u03c2, \u03c3",
        "\u00e9, e\u0301",
        "\u00c9, e\u0301",
        "\u0130, i\u0307",
    })
    void oneFileOnDisksThatKnowNoCases(String one, String other) {
        assertThat(names.add(one, false)).isEqualTo(one);
        assertThatThrownBy(() -> names.add(other, false))
                .hasMessageContaining("are one file on disks that know no cases");
    }

    @ParameterizedTest
    @CsvSource({"s, ss", "e, \u00e9", "o, 0", "\u03c3, \u03b6"})
    void othersAreTwo(String one, String other) {
        assertThat(names.add(one, false)).isEqualTo(one);
        assertThat(names.add(other, false)).isEqualTo(other);
    }
}
