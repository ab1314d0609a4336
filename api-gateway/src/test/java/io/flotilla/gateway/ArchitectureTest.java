package io.flotilla.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.flotilla.gateway", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule meetsOthersOnlyInTheEventBus = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.flotilla.manager..",
                    "io.flotilla.agent..",
                    "io.flotilla.app..",
                    "org.apache.kafka..",
                    "org.apache.ratis..",
                    "com.sun.jna..");

    @ArchTest
    static final ArchRule knowsKafkaNotEvenThroughTheBus = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.bus.kafka..", "io.flotilla.bus.broker..", "io.flotilla.bus.memory..");

    @ArchTest
    static final ArchRule grpcStaysAtItsEdge = noClasses()
            .that()
            .resideOutsideOfPackages("io.flotilla.gateway.rpc..", "io.flotilla.gateway.error..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.grpc..");

    @ArchTest
    static final ArchRule viewsDoNotKnowHttp = noClasses()
            .that()
            .haveSimpleNameEndingWith("View")
            .or()
            .haveSimpleNameEndingWith("Filter")
            .and()
            .resideOutsideOfPackage("io.flotilla.gateway.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jakarta.ws.rs..", "io.vertx..");
}
