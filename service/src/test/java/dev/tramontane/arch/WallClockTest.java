package dev.tramontane.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;

/**
 * Reliability 58: a wall clock that jumps by days fires no timeout, because nothing that waits looks at it. Whoever tells
 * people what time it is is named here.
 */
@AnalyzeClasses(packages = "dev.tramontane", importOptions = ImportOption.DoNotIncludeTests.class)
final class WallClockTest {
    @ArchTest
    static final ArchRule reliability58 = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.tramontane.app.Listener") // gives answers the time they were created at
            .and()
            .doNotHaveFullyQualifiedName("dev.tramontane.app.TlsFiles") // asks whether a certificate is still valid
            .and()
            .doNotHaveFullyQualifiedName(
                    "dev.tramontane.hub.RegistryCredentials") // what a signature says when it was made
            .and()
            .doNotHaveFullyQualifiedName("dev.tramontane.tracing.OtlpTraces") // when a span began, for its collector
            .and()
            .doNotHaveFullyQualifiedName("dev.tramontane.kernels.OldLibraries") // how old a file in the cache is
            .and()
            .doNotHaveFullyQualifiedName("dev.tramontane.metrics.AdapterMetrics") // the value of a figure of vLLM's
            .and()
            .resideOutsideOfPackages("dev.tramontane.snapshots..", "dev.tramontane.api.journal..") // likewise
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(InstantSource.class, "system")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .orShould()
            .callMethod(Clock.class, "systemDefaultZone")
            .because("times that people set must not end or begin anything: System.nanoTime() is for that");
}
