package dev.tramontane.engine;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The parts of the engine that decide are plain bookkeeping, so that they can be tested by property. */
@AnalyzeClasses(packages = "dev.tramontane.engine", importOptions = ImportOption.DoNotIncludeTests.class)
final class BookkeepingFloorTest {
    private static final String DECIDING =
            "Scheduler|StepPlan|KvCache|PagePool|PageTable|Reservation|RollingWindow|Admitted|ParkedWork|WorkAhead|DecodeTurns|Absent|Yielding"
                    + "|CachePlan|Holdings|FairRows|WaitingLine|TokenCounts|BatchFiller|Rates|Backlog";

    @ArchTest
    static final ArchRule onlyJavaAndTheModelsRecords = classes()
            .that()
            .haveNameMatching("dev\\.tramontane\\.engine\\.(" + DECIDING + ")")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java.lang",
                    "java.lang.invoke",
                    "java.lang.runtime",
                    "java.util",
                    "java.util.function",
                    "java.util.stream",
                    "org.jspecify.annotations",
                    "dev.tramontane.engine",
                    "dev.tramontane.model"))
            .because("a decision that needs a clock, a thread, a log or chance can't be replayed");

    @ArchTest
    static final ArchRule noClockThreadOrChance = noClasses()
            .that()
            .haveNameMatching("dev\\.tramontane\\.engine\\.(" + DECIDING + ")")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, java.util.Random.class, java.util.SplittableRandom.class)
            .because("time comes in as numbers, and chance is the model's, keyed by seed and position");
}
