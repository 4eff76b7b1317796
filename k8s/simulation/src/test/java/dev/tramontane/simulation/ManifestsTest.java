package dev.tramontane.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tramontane.simulation.Hpa.Policy;
import dev.tramontane.simulation.Hpa.Rules;
import dev.tramontane.simulation.Hpa.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was simulated as the manifests' choice is what they say. That KEDA's says the same, k8s/test/check.py looks. */
class ManifestsTest {
    private String manifest = "";

    @BeforeEach
    void read() throws IOException {
        manifest = Files.readString(Path.of("../components/hpa/autoscaler.yaml"));
    }

    @Test
    void targetsAreTheChosenOnes() {
        assertThat(target("tramontane_reserved_caches", "averageValue")).isEqualTo(Experiments.CHOSEN[0].value());
        assertThat(target("tramontane_queue_wait_seconds", "value")).isEqualTo(Experiments.CHOSEN[1].value());
        assertThat(target("tramontane_refused_share", "value")).isEqualTo(Experiments.CHOSEN[2].value());
        assertThat(Integer.parseInt(found("minReplicas: (\\d+)", manifest)))
                .isEqualTo(Scaling.on().least());
    }

    @Test
    void behaviourIsTheSimulatedOne() {
        int down = manifest.indexOf("scaleDown:");
        assertThat(rules(manifest.substring(manifest.indexOf("scaleUp:"), down)))
                .usingRecursiveComparison()
                .ignoringCollectionOrder()
                .isEqualTo(Scaling.UP);
        assertThat(rules(manifest.substring(down)))
                .usingRecursiveComparison()
                .ignoringCollectionOrder()
                .isEqualTo(Scaling.DOWN);
    }

    private double target(String metric, String kind) {
        String quantity =
                found("name: " + metric + "}\\s+target: \\{type: \\w+, " + kind + ": \"?([0-9.]+m?)\"?}", manifest);
        return quantity.endsWith("m")
                ? Double.parseDouble(quantity.substring(0, quantity.length() - 1)) / 1000
                : Double.parseDouble(quantity);
    }

    private static Rules rules(String text) {
        List<Policy> policies = Pattern.compile("type: (\\w+), value: (\\d+), periodSeconds: (\\d+)")
                .matcher(text)
                .results()
                .map(policy -> new Policy(
                        Unit.valueOf(policy.group(1).toUpperCase(Locale.ROOT)),
                        Integer.parseInt(policy.group(2)),
                        Integer.parseInt(policy.group(3))))
                .toList();
        return new Rules(
                Integer.parseInt(found("stabilizationWindowSeconds: (\\d+)", text)),
                Hpa.Select.valueOf(found("selectPolicy: (\\w+)", text).toUpperCase(Locale.ROOT)),
                policies);
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }
}
