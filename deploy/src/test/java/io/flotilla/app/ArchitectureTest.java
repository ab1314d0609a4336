package io.flotilla.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

/** The house rules that cross modules: who may import whom, and which one package sees each library or the kernel. */
@AnalyzeClasses(packages = "io.flotilla", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule managerMeetsOthersInTheEventBus = noClasses()
            .that()
            .resideInAPackage("io.flotilla.manager..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.agent..", "io.flotilla.gateway..", "io.flotilla.app..");

    @ArchTest
    static final ArchRule agentMeetsOthersInTheEventBus = noClasses()
            .that()
            .resideInAPackage("io.flotilla.agent..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.manager..", "io.flotilla.gateway..", "io.flotilla.app..");

    @ArchTest
    static final ArchRule gatewayMeetsOthersInTheEventBus = noClasses()
            .that()
            .resideInAPackage("io.flotilla.gateway..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.flotilla.manager..", "io.flotilla.agent..", "io.flotilla.app..");

    @ArchTest
    static final ArchRule eventBusKnowsNobody = noClasses()
            .that()
            .resideInAPackage("io.flotilla.bus..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.flotilla.manager..", "io.flotilla.agent..", "io.flotilla.gateway..", "io.flotilla.app..");

    @ArchTest
    static final ArchRule onlyTheRaftPackageSeesRatis = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.manager.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.ratis..");

    @ArchTest
    static final ArchRule onlyTheBusAdaptersSeeKafka = noClasses()
            .that()
            .resideOutsideOfPackages("io.flotilla.bus.kafka..", "io.flotilla.bus.broker..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka..", "kafka..");

    @ArchTest
    static final ArchRule onlyTheLinuxPackageSeesJna = noClasses()
            .that()
            .resideOutsideOfPackage("io.flotilla.agent.runtime.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna..");

    @ArchTest
    static final ArchRule nothingForksAProcess = noClasses()
            .that()
            .resideInAPackage("io.flotilla..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class);

    @ArchTest
    static final ArchRule noHelpersNorUtilities = noClasses()
            .that()
            .resideInAPackage("io.flotilla..")
            .should()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Impl");

    @ArchTest
    static final ArchRule managerPackagesHaveNoCycles = SlicesRuleDefinition.slices()
            .matching("io.flotilla.manager.(*)..")
            .should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule agentPackagesHaveNoCycles = SlicesRuleDefinition.slices()
            .matching("io.flotilla.agent.(*)..")
            .should()
            .beFreeOfCycles();
}
