package dev.caravan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** A room depends downwards only: docs/architecture.md has the picture. */
@AnalyzeClasses(packages = "dev.caravan", importOptions = DoNotIncludeTests.class)
class RoomsTest {

    @ArchTest
    static final ArchRule DOWNWARDS = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("main")
            .definedBy("dev.caravan")
            .layer("cli")
            .definedBy("dev.caravan.cli..")
            .layer("console")
            .definedBy("dev.caravan.console..")
            .layer("alerts")
            .definedBy("dev.caravan.alerts..")
            .layer("lineage")
            .definedBy("dev.caravan.lineage..")
            .layer("telemetry")
            .definedBy("dev.caravan.telemetry..")
            .layer("metrics")
            .definedBy("dev.caravan.metrics..")
            .layer("operations")
            .definedBy("dev.caravan.operations..")
            .layer("local")
            .definedBy("dev.caravan.local..")
            .layer("exchangerates")
            .definedBy("dev.caravan.exchangerates..")
            .layer("snowpipe")
            .definedBy("dev.caravan.snowpipe..")
            .layer("secrets")
            .definedBy("dev.caravan.secrets..")
            .layer("aws")
            .definedBy("dev.caravan.aws..")
            .layer("routes")
            .definedBy("dev.caravan.routes..")
            .layer("api")
            .definedBy("dev.caravan.api..")
            .layer("hubspot")
            .definedBy("dev.caravan.hubspot..")
            .layer("http")
            .definedBy("dev.caravan.http..")
            .layer("source")
            .definedBy("dev.caravan.source..")
            .layer("log4j")
            .definedBy("dev.caravan.log4j..")
            .layer("pipeline")
            .definedBy("dev.caravan.pipeline..")
            .layer("warehouse")
            .definedBy("dev.caravan.warehouse..")
            .layer("terms")
            .definedBy("dev.caravan.run..", "dev.caravan.data..")
            .whereLayer("cli")
            .mayOnlyBeAccessedByLayers("main")
            .whereLayer("console")
            .mayOnlyBeAccessedByLayers("main")
            .whereLayer("alerts")
            .mayOnlyBeAccessedByLayers("main", "cli", "console")
            .whereLayer("lineage")
            .mayOnlyBeAccessedByLayers("main")
            .whereLayer("telemetry")
            .mayOnlyBeAccessedByLayers("main")
            .whereLayer("metrics")
            .mayOnlyBeAccessedByLayers("console")
            .whereLayer("operations")
            .mayOnlyBeAccessedByLayers("main", "cli", "console")
            .whereLayer("local")
            .mayOnlyBeAccessedByLayers("main", "cli")
            .whereLayer("exchangerates")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations", "local")
            .whereLayer("snowpipe")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations")
            .whereLayer("secrets")
            .mayOnlyBeAccessedByLayers("main", "cli")
            .whereLayer("aws")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations", "exchangerates", "secrets")
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("main", "api")
            .whereLayer("api")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations", "hubspot", "exchangerates")
            .whereLayer("hubspot")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations")
            .whereLayer("source")
            .mayOnlyBeAccessedByLayers("main", "cli", "operations")
            .whereLayer("log4j")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("routes")
            .mayOnlyBeAccessedByLayers("main", "cli", "console", "operations")
            .whereLayer("pipeline")
            .mayOnlyBeAccessedByLayers(
                    "main", "cli", "alerts", "console", "lineage", "metrics", "operations", "telemetry")
            .whereLayer("warehouse")
            .mayOnlyBeAccessedByLayers("main", "cli", "console", "lineage", "operations", "snowpipe", "local");

    /** The components work with any logging backend. */
    @ArchTest
    static final ArchRule LOG4J_HAS_ITS_ROOM = noClasses()
            .that()
            .resideOutsideOfPackages("dev.caravan.log4j..", "dev.caravan.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.logging.log4j..");

    @ArchTest
    static final ArchRule NO_CIRCLES =
            slices().matching("dev.caravan.(*)..").should().beFreeOfCycles();

    /** The algorithm of a load does not depend on an engine, and engines do not depend on each other. */
    @ArchTest
    static final ArchRule ENGINES = noClasses()
            .that()
            .resideInAPackage("dev.caravan.warehouse")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.caravan.warehouse.*..");

    @ArchTest
    static final ArchRule NO_ENGINE_USES_ANOTHER =
            slices().matching("dev.caravan.warehouse.(*)..").should().notDependOnEachOther();
}
