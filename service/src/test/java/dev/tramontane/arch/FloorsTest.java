package dev.tramontane.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house's floors (docs/ARCHITECTURE.md) as rules: a package imports only from floors below it. */
@AnalyzeClasses(packages = "dev.tramontane", importOptions = ImportOption.DoNotIncludeTests.class)
final class FloorsTest {

    @ArchTest
    static final ArchRule floors = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true)
            .layer("app")
            .definedBy("dev.tramontane.app..")
            .layer("metrics")
            .definedBy("dev.tramontane.metrics..")
            .layer("tracing")
            .definedBy("dev.tramontane.tracing..")
            .layer("api")
            .definedBy("dev.tramontane.api..")
            .layer("registry")
            .definedBy("dev.tramontane.registry..")
            .layer("generation")
            .definedBy("dev.tramontane.generation..")
            .layer("snapshots")
            .definedBy("dev.tramontane.snapshots..")
            .layer("engine")
            .definedBy("dev.tramontane.engine..")
            .layer("measure")
            .definedBy("dev.tramontane.measure..")
            .layer("convert")
            .definedBy("dev.tramontane.convert..")
            .layer("load")
            .definedBy("dev.tramontane.load..")
            .layer("source")
            .definedBy("dev.tramontane.source..")
            .layer("stages")
            .definedBy("dev.tramontane.stages..")
            .layer("keys")
            .definedBy("dev.tramontane.keys..")
            .layer("model")
            .definedBy("dev.tramontane.model..")
            .layer("weights")
            .definedBy("dev.tramontane.weights..")
            .layer("tokenizer")
            .definedBy("dev.tramontane.tokenizer..")
            .layer("answer")
            .definedBy("dev.tramontane.answer..")
            .layer("chat")
            .definedBy("dev.tramontane.chat..")
            .layer("jinja")
            .definedBy("dev.tramontane.jinja..")
            .layer("structure")
            .definedBy("dev.tramontane.structure..")
            .layer("top")
            .definedBy("dev.tramontane.top..")
            .layer("fetch")
            .definedBy("dev.tramontane.fetch..")
            .layer("hub")
            .definedBy("dev.tramontane.hub..")
            .layer("files")
            .definedBy("dev.tramontane.files..")
            .layer("json")
            .definedBy("dev.tramontane.json..")
            .layer("kernels")
            .definedBy("dev.tramontane.kernels..")
            .whereLayer("app")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("metrics")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("tracing")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("api")
            .mayOnlyBeAccessedByLayers("tracing", "metrics", "app")
            .whereLayer("registry")
            .mayOnlyBeAccessedByLayers("metrics", "app")
            .whereLayer("generation")
            .mayOnlyBeAccessedByLayers("registry", "api", "metrics", "app")
            .whereLayer("snapshots")
            .mayOnlyBeAccessedByLayers("metrics", "app")
            .whereLayer("engine")
            .mayOnlyBeAccessedByLayers("snapshots", "generation", "registry", "api", "tracing", "metrics", "app")
            .whereLayer("convert")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("measure")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("load")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("source")
            .mayOnlyBeAccessedByLayers("load", "convert", "app")
            .whereLayer("keys")
            .mayOnlyBeAccessedByLayers("api", "metrics", "app")
            .whereLayer("stages")
            .mayOnlyBeAccessedByLayers("metrics", "app")
            .whereLayer("model")
            .mayOnlyBeAccessedByLayers(
                    "source", "stages", "load", "convert", "measure", "engine", "generation", "api", "metrics", "app")
            .whereLayer("weights")
            .mayOnlyBeAccessedByLayers("source", "hub", "load", "convert", "app")
            .whereLayer("tokenizer")
            .mayOnlyBeAccessedByLayers("source", "load", "convert", "generation", "api", "app")
            .whereLayer("answer")
            .mayOnlyBeAccessedByLayers("chat", "generation", "api", "app")
            .whereLayer("chat")
            .mayOnlyBeAccessedByLayers("source", "generation", "api", "app")
            .whereLayer("jinja")
            .mayOnlyBeAccessedByLayers("chat")
            .whereLayer("structure")
            .mayOnlyBeAccessedByLayers("generation", "api", "app")
            .whereLayer("top")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("fetch")
            .mayOnlyBeAccessedByLayers("app")
            .whereLayer("hub")
            .mayOnlyBeAccessedByLayers("api", "app")
            .whereLayer("files")
            .mayOnlyBeAccessedByLayers("snapshots", "hub", "api")
            .whereLayer("json")
            .mayOnlyBeAccessedByLayers(
                    "weights", "tokenizer", "answer", "chat", "source", "hub", "top", "generation", "api", "app")
            .whereLayer("kernels")
            .mayOnlyBeAccessedByLayers("weights", "source", "load", "convert", "app");

    @ArchTest
    static final ArchRule modelIsPure = classes()
            .that()
            .resideInAPackage("dev.tramontane.model..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang..", "java.nio", "java.util..", "org.jspecify.annotations", "dev.tramontane.model..")
            .andShould()
            .onlyDependOnClassesThat()
            .resideOutsideOfPackage("java.lang.foreign..")
            .because("what the engine drives says nothing of files, native code, network or text");

    @ArchTest
    static final ArchRule nativeCallsLiveInKernels = noClasses()
            .that()
            .resideOutsideOfPackage("dev.tramontane.kernels..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.foreign.Linker")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.foreign.Arena")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
            .because("a wrong extent in a downcall crashes the JVM, so one package checks them all");

    @ArchTest
    static final ArchRule engineIsPlainJava = noClasses()
            .that()
            .resideInAPackage("dev.tramontane.engine..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang.foreign..",
                    "io.vertx..",
                    "io.netty..",
                    "reactor..",
                    "org.reactivestreams..",
                    "io.prometheus..",
                    "tools.jackson..",
                    "com.fasterxml..",
                    "dev.tramontane.kernels..",
                    "dev.tramontane.source..",
                    "dev.tramontane.load..",
                    "dev.tramontane.weights..",
                    "dev.tramontane.tokenizer..",
                    "dev.tramontane.chat..")
            .because("the scheduler and the cache's books are tested without native code, network or text");

    @ArchTest
    static final ArchRule fetchKnowsNothingOfTheHouse = classes()
            .that()
            .resideInAPackage("dev.tramontane.fetch..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang..",
                    "java.io..",
                    "java.nio..",
                    "java.security..",
                    "java.util..",
                    "org.jspecify..",
                    "dev.tramontane.fetch..")
            .because("no connection is opened here: pip and uv know where packages come from");

    @ArchTest
    static final ArchRule jinjaIsALibrary = classes()
            .that()
            .resideInAPackage("dev.tramontane.jinja..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "dev.tramontane.jinja..")
            .because("the interpreter is a module that anybody can use without the rest");

    @ArchTest
    static final ArchRule structureKnowsOnlyBytes = classes()
            .that()
            .resideInAPackage("dev.tramontane.structure..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang..",
                    "java.math..",
                    "java.nio..",
                    "java.security..",
                    "java.util..",
                    "org.jspecify..",
                    "org.apache.lucene.util.automaton..",
                    "dev.tramontane.structure..")
            .because("masks are made of tokens' bytes, whichever tokenizer and engine they are for");

    @ArchTest
    static final ArchRule reactorFromGenerationUp = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.tramontane.generation..",
                    "dev.tramontane.registry..",
                    "dev.tramontane.api..",
                    "dev.tramontane.app..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("reactor..", "org.reactivestreams..")
            .because("demand is plain request(n) below the generation floor");

    @ArchTest
    static final ArchRule vertxInApi = noClasses()
            .that()
            .resideOutsideOfPackages("dev.tramontane.api..", "dev.tramontane.metrics..", "dev.tramontane.app..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx..", "io.netty..")
            .because("only the API floor knows how clients are connected");

    @ArchTest
    static final ArchRule jacksonInJson = noClasses()
            .that()
            .resideOutsideOfPackages("dev.tramontane.json..", "dev.tramontane.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("tools.jackson..", "com.fasterxml..")
            .because("one reader states limits for what is read; the API also writes with Jackson's generator");

    @ArchTest
    static final ArchRule prometheusInMetrics = noClasses()
            .that()
            .resideOutsideOfPackages("dev.tramontane.metrics..", "dev.tramontane.app..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.prometheus..")
            .because("lower floors declare observers; metrics implements them");

    @ArchTest
    static final ArchRule openTelemetryInTracing = noClasses()
            .that()
            .resideOutsideOfPackage("dev.tramontane.tracing..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..")
            .because("lower floors carry times out; whoever wants no traces loads nothing of it");

    @ArchTest
    static final ArchRule environmentInApp = noClasses()
            .that()
            .resideOutsideOfPackage("dev.tramontane.app..")
            .should()
            .callMethod(System.class, "getenv")
            .orShould()
            .callMethod(System.class, "getenv", String.class)
            .because("configuration is one record, checked once, at the top");

    @ArchTest
    static final ArchRule plainNames = classes()
            .should()
            .haveSimpleNameNotEndingWith("Manager")
            .andShould()
            .haveSimpleNameNotEndingWith("Impl")
            .andShould()
            .haveSimpleNameNotEndingWith("Util")
            .andShould()
            .haveSimpleNameNotEndingWith("Utils")
            .andShould()
            .haveSimpleNameNotEndingWith("Helper")
            .because("a name says what a class is for");

    @ArchTest
    static void packagesHaveNoCycles(JavaClasses house) {
        slices().matching("dev.tramontane.(*)..").should().beFreeOfCycles().check(house);
    }
}
